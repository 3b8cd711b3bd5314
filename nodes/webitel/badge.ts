/** The badge of an upload: `12,400 / 50,000`. */
import type { Node, NodeAPI } from "node-red";
import type { Report } from "../../lib/webitel/upload/report.js";
import { setStatus } from "../shared/status.js";

/** Milliseconds between two updates: batches end faster than one can read. */
const REPAINT_MS = 250;

/** Paints one node's badge. */
export class ProgressBadge {
  private paintedMs = 0;
  private last = "";
  private paused = false;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
  ) {}

  begin(): void {
    this.last = "";
    this.paused = false;
    setStatus(this.node, "working");
  }

  /** @param rows about how many there are */
  progress({ total }: Report, rows: number | undefined): void {
    this.last = rows === undefined ? short(total) : `${short(total)} / ${short(Math.max(rows, total))}`;
    if (this.paused || Date.now() - this.paintedMs < REPAINT_MS) return;
    this.paintedMs = Date.now();
    setStatus(this.node, "working", this.last);
  }

  pause(): void {
    this.paused = true;
    setStatus(this.node, "late", this.RED._("webitel.badge.paused", { at: this.last }));
  }

  resume(): void {
    this.paused = false;
    setStatus(this.node, "working", this.last === "" ? undefined : this.last);
  }

  end({ accepted, total, cancelled }: Report): void {
    const text = `${short(accepted)} / ${short(total)}`;
    if (cancelled) setStatus(this.node, "late", this.RED._("webitel.badge.cancelled", { at: short(accepted) }));
    else setStatus(this.node, accepted === total ? "waiting" : "late", text);
  }

  fail(error: unknown): void {
    const { code } = error as { code?: number | string };
    setStatus(this.node, "error", code === undefined ? undefined : `${code}`);
  }
}

/** Thousands parted, and short enough for two of them in 19 characters. */
function short(count: number): string {
  return count < 1_000_000 ? count.toLocaleString("en-US") : `${(count / 1_000_000).toFixed(2)}M`;
}
