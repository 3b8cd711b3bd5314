/** Notices about times in which events may have been lost, for one subscriber: one notice for what ended together. */

import { STEADY } from "../core/clock.js";

/** A time in which events may have been lost. */
export interface Gap {
  /** ISO 8601 with zone. */
  from: string;
  to: string;
  durationMs: number;
  /** Addresses of the agents concerned; `""` stands for the subscription without an agent. */
  agents: string[];
}

/** How long a notice waits for agents that are not subscribed again yet, milliseconds. */
const PATIENCE_MS = 5000;
/** How long after another notice: what is found out of many agents, one after the other, is one. */
const SETTLE_MS = 1000;
/** A notice that is younger may not have reached the flow where that stops. */
const IN_FLIGHT_MS = 1000;
/** What was reported is remembered for so long. */
const TOLD_MS = 600_000;

interface Time {
  from: number;
  to: number;
}

/** Collects what was lost until it is restored. */
export class GapCollector {
  private restored = new Map<string, Time>();
  // What the last notice about an agent said.
  private readonly told = new Map<string, Time>();
  private reportedAt = -Infinity;
  private lastReported: Gap["agents"] = [];
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param report called once per notice
   * @param isRecovering true while agents of this subscriber are still lost
   */
  constructor(
    private readonly report: (gap: Gap) => void,
    private readonly isRecovering: () => boolean,
  ) {}

  /** Events of this agent are received again; Unix milliseconds. What lies within a time that was reported is known. */
  add(imAddress: string, from: number, to: number): void {
    const told = this.told.get(imAddress);
    if (told && told.from <= from && to <= told.to) return;
    const known = this.restored.get(imAddress) ?? { from, to };
    this.restored.set(imAddress, { from: Math.min(from, known.from), to: Math.max(to, known.to) });
    const restMs = this.reportedAt + SETTLE_MS - STEADY.now();
    if (this.isRecovering()) this.timer ??= setTimeout(() => this.flush(), PATIENCE_MS);
    else if (restMs <= 0) this.flush();
    else {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.flush(), restMs);
    }
  }

  /** Since when events of this agent were lost, Unix milliseconds; undefined where all has been reported. */
  from(imAddress: string): number | undefined {
    return this.restored.get(imAddress)?.from;
  }

  /**
   * Gives up what was collected and not reported.
   * @param isStop true where the flow stops, too: then what was reported a moment ago counts as well
   * @returns since when events were lost, Unix milliseconds, by agent
   */
  drain(isStop = false): Map<string, number> {
    const from = new Map([...this.restored].map(([imAddress, time]) => [imAddress, time.from]));
    if (isStop && STEADY.now() - this.reportedAt <= IN_FLIGHT_MS)
      for (const agent of this.lastReported)
        from.set(agent, Math.min(from.get(agent) ?? Infinity, this.told.get(agent)?.from ?? Infinity));
    clearTimeout(this.timer);
    this.timer = undefined;
    this.restored.clear();
    return from;
  }

  /** Reports what was collected. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.restored.size === 0) return;
    const times = [...this.restored.values()];
    const least = times.reduce((least, time) => Math.min(least, time.from), Infinity);
    const most = times.reduce((most, time) => Math.max(most, time.to), least);
    // Whole milliseconds, in all three.
    const [from, to] = [least, most].map((ms) => new Date(STEADY.toClock(ms))) as [Date, Date];
    const agents = [...this.restored.keys()];
    for (const [agent, time] of this.told) if (time.to < most - TOLD_MS) this.told.delete(agent);
    for (const agent of agents) this.told.set(agent, { from: least, to: most });
    this.restored = new Map();
    this.reportedAt = STEADY.now();
    this.lastReported = agents;
    this.report({ from: from.toISOString(), to: to.toISOString(), durationMs: Number(to) - Number(from), agents });
  }
}
