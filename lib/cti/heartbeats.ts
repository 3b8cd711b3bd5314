/** Heartbeats of agents between a log-in and a log-out: one per agent, kept while its owner is replaced. */
import { STEADY } from "../core/clock.js";
import { MAX_TIMER_MS } from "../core/values.js";
import { agentKey } from "./addresses.js";

/** Who started heartbeats, and hears of them. */
export interface HeartbeatOwner {
  /** Milliseconds between two; 0 = none. */
  everyMs: number;
  /** One failed; the next one is sent all the same. */
  onFailed?: (error: unknown) => void;
  /** Heartbeats of this owner have begun or ended. */
  onChange?: () => void;
}

interface Heartbeat {
  readonly imAddress: string;
  /** Who has logged the agent in; the last one's interval counts. */
  owners: string[];
  /** The interval, milliseconds. */
  everyMs: number;
  /** When the last one was due, or the log-in was answered, Unix milliseconds. */
  lastMs: number;
  isUnderWay: boolean;
  timer?: NodeJS.Timeout;
  /** Ends the one under way, so that none arrives behind a log-out. */
  readonly abort: AbortController;
}

/** How long heartbeats go on without their owner, milliseconds: a deploy replaces it within that time. */
const WITHOUT_OWNER_MS = 30_000;

/** The heartbeats at one broker. */
export class Heartbeats {
  private readonly beats = new Map<string, Heartbeat>();
  private readonly owners = new Map<string, HeartbeatOwner>();
  private readonly leaving = new Map<string, NodeJS.Timeout>();

  /**
   * @param send sends one
   * @param onAbandoned called with their number when heartbeats end because their owner did not come back
   */
  constructor(
    private readonly send: (imAddress: string, signal: AbortSignal) => Promise<unknown>,
    private readonly onAbandoned: (count: number) => void = () => undefined,
  ) {}

  /** An owner arrives, or comes back after it was replaced: its heartbeats go on, and the next one is not later for it. */
  attach(name: string, owner: HeartbeatOwner): void {
    clearTimeout(this.leaving.get(name));
    this.leaving.delete(name);
    this.owners.set(name, owner);
    if (owner.everyMs <= 0) this.leaveAll(name);
    else for (const beat of this.of(name)) if (owner.everyMs !== beat.everyMs) this.schedule(beat, owner.everyMs);
  }

  /**
   * An owner leaves. Heartbeats of agents whom another owner has logged in, too, go on there.
   * @param isForGood ends its other heartbeats now; else they wait for it to come back
   * @returns how many have ended
   */
  detach(name: string, isForGood: boolean): number {
    this.owners.delete(name);
    if (isForGood) return this.leaveAll(name);
    const timer = setTimeout(() => {
      this.leaving.delete(name);
      const count = this.leaveAll(name);
      if (count > 0) this.onAbandoned(count);
    }, WITHOUT_OWNER_MS);
    this.leaving.set(name, timer.unref());
    return 0;
  }

  /**
   * Starts the heartbeat of an agent, the first one interval from now, in place of another one of this agent, unless this
   * owner has none.
   */
  start(imAddress: string, name: string): void {
    const everyMs = this.owners.get(name)?.everyMs ?? 0;
    if (everyMs <= 0) return;
    const others = this.beats.get(agentKey(imAddress))?.owners.filter((owner) => owner !== name) ?? [];
    this.stop(imAddress);
    const started = { lastMs: STEADY.now(), isUnderWay: false, abort: new AbortController() };
    const beat: Heartbeat = { imAddress, owners: [...others, name], everyMs, ...started };
    this.schedule(beat, everyMs);
    this.beats.set(agentKey(imAddress), beat);
    this.owners.get(name)?.onChange?.();
  }

  /**
   * Ends the heartbeat of an agent.
   * @returns how to start it again; undefined when there was none
   */
  stop(imAddress: string): (() => void) | undefined {
    const beat = this.beats.get(agentKey(imAddress));
    if (!beat) return undefined;
    clearInterval(beat.timer);
    beat.abort.abort();
    this.beats.delete(agentKey(imAddress));
    this.noteChange(beat);
    return () => {
      for (const owner of beat.owners) this.start(beat.imAddress, owner);
    };
  }

  /** Addresses of the agents with a heartbeat, of one owner or of all. */
  list(name?: string): string[] {
    const beats = name === undefined ? [...this.beats.values()] : this.of(name);
    return beats.map(({ imAddress }) => imAddress);
  }

  /**
   * Ends all, and starts none any more until an owner arrives.
   * @returns how many have ended
   */
  close(): number {
    for (const timer of this.leaving.values()) clearTimeout(timer);
    this.leaving.clear();
    const count = this.beats.size;
    for (const { imAddress } of [...this.beats.values()]) this.stop(imAddress);
    this.owners.clear();
    return count;
  }

  // The first one is an interval after the last; what is due already is sent at once.
  private schedule(beat: Heartbeat, everyMs: number): void {
    const repeat = (): void => {
      beat.timer = setInterval(() => this.beat(beat), Math.min(everyMs, MAX_TIMER_MS));
    };
    clearTimeout(beat.timer);
    beat.everyMs = everyMs;
    const firstMs = beat.lastMs + everyMs - STEADY.now();
    if (firstMs >= everyMs) repeat();
    else
      beat.timer = setTimeout(() => {
        repeat();
        this.beat(beat);
      }, firstMs);
  }

  private beat(beat: Heartbeat): void {
    const { imAddress, abort } = beat;
    beat.lastMs = STEADY.now();
    if (beat.isUnderWay) return;
    beat.isUnderWay = true;
    this.send(imAddress, abort.signal)
      .catch((error: unknown) => {
        if (!abort.signal.aborted) this.ownerOf(beat)?.onFailed?.(error);
      })
      .finally(() => {
        beat.isUnderWay = false;
      });
  }

  private of(name: string): Heartbeat[] {
    return [...this.beats.values()].filter(({ owners }) => owners.at(-1) === name);
  }

  private ownerOf({ owners }: Heartbeat): HeartbeatOwner | undefined {
    return this.owners.get(owners.at(-1) ?? "");
  }

  private noteChange(beat: Heartbeat): void {
    this.ownerOf(beat)?.onChange?.();
  }

  // @returns how many have ended
  private leaveAll(name: string): number {
    let ended = 0;
    for (const beat of [...this.beats.values()]) {
      if (!beat.owners.includes(name)) continue;
      const others = beat.owners.filter((owner) => owner !== name);
      if (others.length === 0) {
        this.stop(beat.imAddress);
        ended++;
        continue;
      }
      this.noteChange(beat);
      beat.owners = others;
      this.noteChange(beat);
      // One that a deploy replaces says so when it comes back.
      const everyMs = this.ownerOf(beat)?.everyMs ?? beat.everyMs;
      if (everyMs !== beat.everyMs) this.schedule(beat, everyMs);
    }
    return ended;
  }
}
