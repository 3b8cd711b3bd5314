/** The badge of an upload: `12.4k / 50k, 25%`, or what is waited for and until when. 19 characters at most, never cut. */
import type { Node, NodeAPI } from "node-red";
import type { ContactCenterError } from "../../lib/core/errors.js";
import type { Wait } from "../../lib/webitel/upload/context.js";
import type { Progress, Report } from "../../lib/webitel/upload/report.js";
import { failureWord, setStatus } from "../shared/status.js";

/** Milliseconds between two updates: batches end faster than one can read. */
const REPAINT_MS = 250;
/** A shorter wait is not worth a word, milliseconds. */
const SHOWN_WAIT_MS = 900;
/** Characters of a badge. */
const MAX_LENGTH = 19;

/** Paints one node's badge. */
export class ProgressBadge {
  private paintedMs = -Infinity;
  private last = "";
  private paused = false;
  private cancelling = false;

  /** @param waiting how many uploads wait behind the current one */
  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly waiting: () => number,
  ) {}

  begin(): void {
    this.last = "";
    this.paused = this.cancelling = false;
    setStatus(this.node, "working");
  }

  progress(progress: Progress): void {
    this.last = progressText(progress, this.waiting());
    if (this.cancelling) return;
    // Batches that were under way end after the pause.
    if (this.paused) return this.pause();
    if (performance.now() - this.paintedMs < REPAINT_MS) return;
    this.paintedMs = performance.now();
    setStatus(this.node, "working", this.last);
  }

  /** The upload waits for a server, or for copies that come late. */
  wait({ code, untilMs }: Wait): void {
    if (this.paused || untilMs - Date.now() < SHOWN_WAIT_MS) return;
    // Batches that were under way may end after this; the wait is what counts.
    this.paintedMs = performance.now();
    const at = new Date(untilMs).toTimeString().slice(0, 8);
    const text = code === "check" ? this.RED._("webitel.badge.check", { at }) : undefined;
    const why = failureWord(this.RED, { code });
    setStatus(this.node, "late", text ?? fitting(`${why}, next ${at}`, `${why}, ${at}`));
  }

  pause(): void {
    this.paused = true;
    setStatus(this.node, "late", fitting(this.RED._("webitel.badge.paused", { at: this.last }), this.pausedAlone()));
  }

  resume(): void {
    this.paused = false;
    setStatus(this.node, "working", this.last === "" ? undefined : this.last);
  }

  /** The upload ends as soon as what is under way has ended or was given up. */
  cancel(): void {
    this.paused = this.cancelling = true;
    setStatus(this.node, "late", this.RED._("webitel.badge.cancelling"));
  }

  end({ accepted, total, doubled, removed, cancelled, skipped, loadedBefore }: Report): void {
    const inShort = `${short(accepted)} / ${short(total)}`;
    const counts = fitting(`${grouped(accepted)} / ${grouped(total)}`, inShort);
    const text = loadedBefore === undefined ? counts : this.RED._("webitel.badge.again", { at: inShort });
    if (skipped) setStatus(this.node, "late", this.RED._(`webitel.badge.skipped-${skipped}`));
    else if (cancelled) setStatus(this.node, "late", this.RED._("webitel.badge.cancelled", { at: short(accepted) }));
    else setStatus(this.node, accepted === total && doubled === removed ? "waiting" : "late", text);
  }

  /** All is loaded, but the journal cannot say so. */
  journal(code: number | string): void {
    setStatus(this.node, "late", this.journalText(code));
  }

  fail(thrown: unknown): void {
    const error = thrown as Partial<ContactCenterError>;
    const isJournal = error.cause?.field === "journal";
    setStatus(this.node, "error", isJournal ? this.journalText(error.code) : failureWord(this.RED, error));
  }

  private journalText(code: unknown): string {
    return this.RED._("webitel.badge.journal", { code: String(code) });
  }

  private pausedAlone(): string {
    const [count = ""] = this.last.split(" ");
    return this.RED._("webitel.badge.paused", { at: count });
  }
}

/** The first text that is short enough; the last one anyhow. */
function fitting(...texts: string[]): string {
  return texts.find(({ length }) => length <= MAX_LENGTH) ?? (texts.at(-1) as string);
}

/** What a badge says of a run. */
export function progressText({ done, rows, percent }: Progress, waiting: number): string {
  const more = waiting > 0 ? ` +${waiting}` : "";
  if (rows === undefined) return `${short(done)}${more}`;
  const share = `, ${percent ?? 0}%`;
  return fitting(
    `${grouped(done)} / ${grouped(rows)}${share}${more}`,
    `${short(done)} / ${short(rows)}${share}${more}`,
    `${short(done)}/${short(rows)}${share}${more}`,
    `${percent ?? 0}%${more}`,
  );
}

/** All digits, thousands parted. */
const grouped = (count: number): string => count.toLocaleString("en-US");

/** Three digits from ten thousand on: `12.4k`, `1.23M`. */
function short(count: number): string {
  if (count < 10_000) return grouped(count);
  const [value, unit] = count < 999_500 ? [count / 1000, "k"] : [count / 1e6, "M"];
  return `${value.toPrecision(3).replace(/\.0+$/, "")}${unit}`;
}
