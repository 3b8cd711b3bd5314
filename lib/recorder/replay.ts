/** A run that is received again: what stands in for the nodes that reach outside, and for those that keep messages. */
import { type Asked, valuesOf } from "./keeping.js";
import type { StandIn } from "./model.js";
import { failInPlace, sendInPlace, type StandInNode } from "./stand-in.js";
import { isOutside, type KeepingNode, keepsMessages } from "./tables.js";

/** A node as hooks have it. */
export interface HeldNode extends StandInNode, KeepingNode {
  id: string;
}

/** One replay. */
export class Replay {
  /** What stands in now, or soon. */
  private readonly timers = new Map<NodeJS.Timeout, Asked>();

  /**
   * @param original id of the run that is received again
   * @param recorded by node, what it did with each message, in order
   * @param reachesOutside nothing stands in for nodes that reach outside
   */
  constructor(
    readonly original: string,
    private readonly recorded: Map<string, Asked[]>,
    readonly reachesOutside: boolean,
  ) {}

  /**
   * Stands in for a node.
   * @returns undefined when the message goes to the node itself
   */
  standInFor(node: HeldNode, message: object): StandIn | undefined {
    // A message of a replay that stays in a node would be mixed with those of callers.
    if (!keepsMessages(node) && (this.reachesOutside || !isOutside(node.type))) return undefined;
    const asked = this.recorded.get(node.id)?.shift();
    if (!asked || asked.isIncomplete) return "missing";
    const { sent, error } = asked;
    let open = sent.length + 1;
    const step = (afterMs: number, work: () => void): void => {
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        work();
        if (--open === 0 && !error) node._complete?.(message);
      }, afterMs);
      this.timers.set(timer, asked);
    };
    // The message itself stays here: what is sent on are copies, which carry where they come from.
    step(error?.afterMs ?? 0, () => error && failInPlace(node, message, error.message, error.code));
    for (const { afterMs, changed, removed, port } of sent)
      step(afterMs, () => {
        const copy: Record<string, unknown> = { ...message, ...valuesOf(changed) };
        for (const name of removed) delete copy[name];
        sendInPlace(node, copy, port + 1);
      });
    return "recorded";
  }

  /** What is still to stand in. */
  all(): Asked[] {
    return [...this.recorded.values(), ...this.timers.values()].flat();
  }

  /** Forgets what was recorded. What is still held goes nowhere. */
  forget(): void {
    this.recorded.clear();
    for (const timer of this.timers.keys()) clearTimeout(timer);
    this.timers.clear();
  }
}
