/** The badge of `rte-subscribe`: how the connection is, why not, and when the next try is. */
import type { Node, NodeAPI } from "node-red";
import type { Notice, State } from "../../lib/rte/member.js";
import { setStatus } from "../shared/status.js";

/** Paints only when something changes, not with every second that passes. */
export class Badge {
  private isActive = true;
  private isWrong = false;
  private refused = 0;
  private state: State = { word: "connecting" };

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
  ) {}

  /** No connection is chosen, or it lacks a setting. */
  unconfigured(): void {
    setStatus(this.node, "unconfigured");
  }

  /** The setting `active` is neither yes nor no. */
  wrong(): void {
    this.isWrong = true;
    this.active(false);
  }

  /** The node takes part or stands by. */
  active(isActive: boolean): void {
    this.isActive = isActive;
    if (isActive) this.isWrong = false;
    this.repaint();
  }

  /** The connection changed. */
  show(state: State): void {
    this.state = state;
    if (state.word !== "connected") this.refused = 0;
    this.repaint();
  }

  /** Something refused stands on the badge until the next connection. */
  hear(notice: Notice): void {
    if (notice.topic !== "refused") return;
    this.refused = notice.payload.length;
    this.repaint();
  }

  private repaint(): void {
    const { RED, node, state } = this;
    if (this.isWrong) setStatus(node, "error", RED._("rte.badge.active"));
    else if (state.word === "disconnected") {
      const time = new Date(state.retryAtMs).toTimeString().slice(0, 8);
      setStatus(node, "disconnected", `${RED._(`rte.badge.${state.reason}`)} → ${time}`);
    } else if (state.word === "connecting") setStatus(node, "connecting");
    else if (!this.isActive) setStatus(node, "unconfigured", RED._("rte.badge.inactive"));
    else if (this.refused > 0) setStatus(node, "late", RED._("rte.badge.refused", { count: this.refused }));
    else setStatus(node, "connected");
  }
}
