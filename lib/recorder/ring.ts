/** The latest runs, within bounds: 500 runs, 16 MB and 500 steps a run. */
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

/** The runs of one runtime, oldest first. */
export class Ring {
  private readonly slots: (RunRecord | undefined)[] = Array.from({ length: MAX_RUNS });
  /** What was in each slot last. */
  private readonly records: (RunRecord | undefined)[] = Array.from({ length: MAX_RUNS });
  private next = 0;
  private oldest = 0;
  private bytes = 0;
  /** The latest replays by their number, also those that made room for others. */
  private readonly replays = new Map<number, RunRecord>();
  private readonly byMessageId = new Map<string, RunRecord>();
  /** Stands before the numbers of runs, so that an id of an earlier start is not taken for one of this. */
  private readonly prefix = `${randomUUID().slice(0, 8)}-`;

  /** @param onGone called for a run that makes room for others */
  constructor(private readonly onGone: (run: RunRecord) => void = () => undefined) {}

  /** Adds a run without steps. */
  add(facts: RunFacts): RunRecord {
    const place = this.next % MAX_RUNS;
    if (this.slots[place]) this.evict(this.slots[place]);
    const former = this.records[place];
    // The messages of a replay may still be on their way.
    const run = former && this.replays.get(former.number) !== former ? former : emptyRun();
    begin(run, this.next++, facts);
    this.records[place] = this.slots[place] = run;
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
    this.bytes += bytes;
    while (this.bytes > MAX_BYTES && this.oldest < this.next) this.evictOldest();
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
  *runs(): Generator<RunRecord> {
    for (let number = this.oldest; number < this.next; number++) {
      const run = this.slots[number % MAX_RUNS];
      if (run?.number === number) yield run;
    }
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

  private evictOldest(): void {
    const run = this.slots[this.oldest % MAX_RUNS];
    if (run?.number === this.oldest) this.evict(run);
    else this.oldest++;
  }

  private evict(run: RunRecord): void {
    this.slots[run.number % MAX_RUNS] = undefined;
    if (run.number === this.oldest) this.oldest++;
    this.bytes -= run.bytes;
    this.onGone(run);
    if (!this.replays.has(run.number)) this.forgetMessages(run);
    clear(run);
  }
}
