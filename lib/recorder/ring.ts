/** The latest runs, within bounds: 500 runs, 16 MB and 500 steps a run. Half of it is for runs that answer a caller. */
import { randomUUID } from "node:crypto";
import {
  begin,
  BEYOND,
  beyondOf,
  clear,
  emptyRun,
  PLACES,
  type RunFacts,
  type RunRecord,
  setStep,
  type StepRecord,
  type Token,
} from "./records.js";
import type { Replay } from "./replay.js";

/** How many runs are kept. */
export const MAX_RUNS = 500;
const MAX_BYTES = 16_000_000;
const MAX_STEPS = 500;
/** What a run with the facts of its call takes, and a step, besides other texts, bytes; measured, and rounded up. */
const RUN_BYTES = 1500;
const STEP_BYTES = 250;
/** Replays whose messages are known when other runs have taken their place: a flow may still be at work on them. */
const MAX_REPLAYS = 100;

/** The runs of one runtime. The number of each leads to its slot: it is the next one that does, so that later ones are greater. */
export class Ring {
  private readonly slots: (RunRecord | undefined)[] = Array.from({ length: MAX_RUNS });
  /** What was in each slot last. */
  private readonly records: (RunRecord | undefined)[] = Array.from({ length: MAX_RUNS });
  /** Slots without a run; the last one is taken next. */
  private readonly free = Array.from({ length: MAX_RUNS }, (_, at) => MAX_RUNS - 1 - at);
  private latest = -1;
  private readonly callers = new Share();
  private readonly events = new Share();
  /** The latest replays by their number, also those that made room for others. */
  private readonly replays = new Map<number, RunRecord>();
  private readonly byMessageId = new Map<string, RunRecord>();
  /** Stands before the numbers of runs, so that an id of an earlier start is not taken for one of this. */
  private readonly prefix = `${randomUUID().slice(0, 8)}-`;

  /** @param onGone called for a run that makes room for others */
  constructor(private readonly onGone: (run: RunRecord) => void = () => undefined) {}

  /** Adds a run without steps. */
  add(facts: RunFacts): RunRecord {
    if (this.free.length === 0) this.makeRoom(this.callers.runs.size, MAX_RUNS);
    const place = this.free.pop() as number;
    const former = this.records[place];
    // The messages of a replay may still be on their way.
    const run = former && this.replays.get(former.number) !== former ? former : emptyRun();
    const next = this.latest + 1;
    this.latest = next + ((place - (next % MAX_RUNS) + MAX_RUNS) % MAX_RUNS);
    begin(run, this.latest, facts);
    this.records[place] = this.slots[place] = run;
    this.shareOf(run).runs.add(run);
    this.grow(run, RUN_BYTES);
    return run;
  }

  /**
   * Adds a step.
   * @param from where the message came from; undefined for the first step
   * @param port the output there; undefined when there was no wire
   * @param messageId the message's `_msgid`
   * @returns the step, or the one that stands for all that the run has too many
   */
  addStep(
    run: RunRecord,
    node: { id: string; z?: string },
    from?: StepRecord,
    port?: number,
    messageId?: string,
  ): StepRecord {
    const place = run.stepCount;
    if (place >= MAX_STEPS) {
      run.cut++;
      return beyondOf(run);
    }
    const step = setStep(run, place, node, from, port, messageId);
    run.stepCount++;
    if (from) from.hasNext = true;
    const isNew = messageId !== undefined && from?.messageId !== messageId && !this.byMessageId.has(messageId);
    // A run that made room for others is found no more, unless it is a replay.
    if (isNew && (this.has(run) || this.replays.has(run.number))) this.byMessageId.set(messageId, run);
    this.grow(run, STEP_BYTES);
    return step;
  }

  /** The run is a replay: its messages belong to it for longer than others. */
  addReplay(run: RunRecord, replay: Replay): void {
    run.replay = replay;
    this.replays.set(run.number, run);
    const [oldest] = this.replays.values();
    if (this.replays.size <= MAX_REPLAYS || !oldest) return;
    this.replays.delete(oldest.number);
    if (!this.has(oldest)) this.forgetMessages(oldest);
  }

  /** True until the run makes room for others. */
  has(run: RunRecord): boolean {
    return this.slots[run.number % MAX_RUNS] === run;
  }

  /** Keeps a text with a run. */
  grow(run: RunRecord, bytes: number): void {
    // Of a run that is gone nothing is counted.
    if (!this.has(run)) return;
    run.bytes += bytes;
    this.shareOf(run).bytes += bytes;
    while (this.callers.bytes + this.events.bytes > MAX_BYTES) this.makeRoom(this.callers.bytes, MAX_BYTES);
  }

  /** The step of a token; undefined when its run is gone. */
  step(token: Token | undefined): StepRecord | undefined {
    // A negative index would be looked up by its name.
    if (token === undefined || token < 0) return undefined;
    const number = Math.floor(token / PLACES);
    const known = this.slots[number % MAX_RUNS];
    const run = known?.number === number ? known : this.replays.get(number);
    if (!run) return undefined;
    const place = token - number * PLACES;
    if (place === BEYOND) return run.beyond;
    return place < run.stepCount ? run.places[place] : undefined;
  }

  /** The run in which a message had this `_msgid`. */
  runOfMessage(messageId: string): RunRecord | undefined {
    return this.byMessageId.get(messageId);
  }

  /** All runs, oldest first. */
  runs(): RunRecord[] {
    return [...this.callers.runs, ...this.events.runs].toSorted((one, other) => one.number - other.number);
  }

  /** Takes a run out, for no file either. */
  forget(run: RunRecord): void {
    run.isWritten = true;
    run.replay?.forget();
    this.evict(run);
  }

  idOf(run: RunRecord): string {
    return `${this.prefix}${run.number}`;
  }

  private forgetMessages(run: RunRecord): void {
    let last: string | undefined;
    for (let place = 0; place < run.stepCount; place++) {
      const { messageId } = run.places[place] as StepRecord;
      if (messageId === undefined || messageId === last) continue;
      last = messageId;
      if (this.byMessageId.get(messageId) === run) this.byMessageId.delete(messageId);
    }
  }

  private shareOf({ isCaller }: RunRecord): Share {
    return isCaller ? this.callers : this.events;
  }

  /**
   * The oldest run goes; while callers have no more than their half, the oldest one that answers none.
   * @param callersHave of what there is too much @param most that may be
   */
  private makeRoom(callersHave: number, most: number): void {
    const { oldest: caller } = this.callers;
    const { oldest: event } = this.events;
    const isEventFirst = event && (!caller || callersHave <= most / 2 || event.number < caller.number);
    this.evict((isEventFirst ? event : caller) as RunRecord);
  }

  private evict(run: RunRecord): void {
    const place = run.number % MAX_RUNS;
    this.slots[place] = undefined;
    this.free.push(place);
    const share = this.shareOf(run);
    share.runs.delete(run);
    share.bytes -= run.bytes;
    this.onGone(run);
    if (!this.replays.has(run.number)) this.forgetMessages(run);
    clear(run);
  }
}

/** The runs that answer a caller, or the others. */
class Share {
  /** The oldest first. */
  readonly runs = new Set<RunRecord>();
  bytes = 0;

  get oldest(): RunRecord | undefined {
    return this.runs.values().next().value;
  }
}
