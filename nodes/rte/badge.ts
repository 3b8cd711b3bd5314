/** The badge of `rte-subscribe`: how the connection is, why not, and when the next try is. */
import type { Node, NodeAPI } from "node-red";
import type { State } from "../../lib/rte/subscriber.js";
import { setStatus } from "../shared/status.js";

/**
 * What the badge asks at each change: how many subscriptions there are, were refused, are not answered yet, were left out
 * of the settings, and have an id that is no GUID.
 */
type Counts = () => Record<"refused" | "pending" | "total" | "left" | "odd", number>;

/** Changes only when something changes, not with every second that passes. */
export class Badge {
  private isActive = true;
  private isWrong = false;
  private state: State = { word: "connecting" };

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly counts: Counts = () => ({ refused: 0, pending: 0, total: 0, left: 0, odd: 0 }),
  ) {}

  /** No connection is chosen, or it lacks a setting. */
  unconfigured(): void {
    setStatus(this.node, "error", "unconfigured");
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
    this.update();
  }

  /** The connection changed. */
  show(state: State): void {
    this.state = state;
    this.update();
  }

  /** A subscription changed. */
  update(): void {
    const { RED, node, state } = this;
    if (this.isWrong) setStatus(node, "error", RED._("rte.badge.active"));
    else if (state.word === "disconnected") {
      const time = new Date(state.retryAtMs).toTimeString().slice(0, 8);
      setStatus(node, "disconnected", `${RED._(`rte.badge.${state.reason}`)} → ${time}`);
    } else if (state.word === "connecting") setStatus(node, "connecting");
    else if (!this.isActive) setStatus(node, "unconfigured", RED._("rte.badge.inactive"));
    else {
      const { refused, pending, total, left, odd } = this.counts();
      if (pending > 0) setStatus(node, "connecting", RED._("rte.badge.subscribing"));
      else if (refused > 0) setStatus(node, "late", RED._("rte.badge.refused", { count: refused }));
      else if (left > 0) setStatus(node, "warning", RED._("rte.badge.left", { count: left }));
      else if (odd > 0) setStatus(node, "warning", RED._("rte.badge.guid", { count: odd }));
      else setStatus(node, "connected", total === 0 ? RED._("rte.badge.none") : undefined);
    }
  }
}
