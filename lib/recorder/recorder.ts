/** Records runs: where they begin and end, as the nodes say, and their way, as the message hooks show it. */
import { heatOf, type NodeHeat } from "./heat.js";
import { ask, type Asked, bytesOf, fail, type Failure, failureOf, send } from "./keeping.js";
import type { Again, Answer, Level, Outcome, Receiver, RecordedRun, Run, RunRecorder, RunStart } from "./model.js";
import type { Privacy } from "./privacy.js";
import { Replay } from "./replay.js";
import { type RunRecord, type StepRecord, stepsOf, viewOf } from "./records.js";
import { MAX_RUNS, Ring } from "./ring.js";
import { isOutside, keepsMessages } from "./tables.js";
import { Second } from "./second.js";
import { type KeptRun, keptOf } from "./kept-run.js";
import { type Hooks, hooksOf, Trace, type Watcher } from "./trace.js";

export type { Hooks } from "./trace.js";

/** Characters of a message, of what came in and of an answer that are kept. */
const LONGEST_TEXT = 4000;
/** Of an error's sentence. */
const LONGEST_ERROR = 500;
/** Characters of an event's name. */
const LONGEST_NAME = 100;
/** Refused requests of one node for one reason are one run for so long, so that a flood of them leaves the other runs. */
const REFUSALS_MS = 60_000;
/** More runs within a second push each other out of memory before anybody sees them: they are counted, and not recorded. */
const MAX_RUNS_PER_SECOND = MAX_RUNS;
/** Characters of what came in that are kept for a replay: a webhook takes 64 KiB. */
const LONGEST_AGAIN = 500_000;
/** A run is done so long after its outcome: the flow may go on when the answer is sent. */
const DONE_MS = 5000;

/** How to record. */
export interface RecorderOptions {
  level: Exclude<Level, "off">;
  privacy: Privacy;
  /** Called once for each run that is done, or makes room before. */
  onDone?: ((run: Run) => void) | undefined;
  /** Called with what went wrong: no message and no call stops for it. */
  onFault(error: unknown): void;
}

/** Why a run cannot be received again. */
export type ReplayRefusal = "run" | "refused" | "not-kept" | "node" | "other-type";

/** The recorder of one runtime. */
export class Recorder implements RunRecorder {
  private readonly ring = new Ring((run) => this.done(run));
  /** What is kept of messages at each level. */
  private readonly watchers: Readonly<Record<RecorderOptions["level"], Watcher>> = {
    path: { failed: (step, error) => this.failed(step, failureOf(error)) },
    values: {
      arrived: (step, message, node) => {
        const { id, type, wires } = node;
        const { req: _, res: __, _msgid: ___, ...shown } = message as Record<string, unknown>;
        step.message = this.jsonOf(step.run, shown);
        this.ring.grow(step.run, 2 * step.message.length);
        // Of an event nobody expects an answer: what came of it is where its way ends.
        const isEnd = step.run.callId === undefined && wires?.every((each) => each.length === 0) === true;
        if (step === step.run.beyond || (!isEnd && !isOutside(type) && !keepsMessages(node))) return;
        step.asked = ask(id, message);
        this.ring.grow(step.run, bytesOf(step.asked));
      },
      sent: ({ asked, run }, port, message) => {
        if (!asked) return;
        const before = bytesOf(asked);
        send(asked, port, message);
        this.ring.grow(run, bytesOf(asked) - before);
      },
      failed: (step, error) => {
        const failure = failureOf(error);
        this.failed(step, failure);
        step.failure ??= failure.message;
        if (step.asked) fail(step.asked, failure);
        this.ring.grow(step.run, 2 * failure.message.length);
      },
    },
  };
  /** The latest refused run of each kind, and its number. */
  private readonly refusals = new Map<string, { run: RunRecord; number: number }>();
  private readonly trace = new Trace(this.ring, this.watchers.path);
  /** The same ones always: new functions would have to be compiled again after each change of the level. */
  private readonly hooks = hooksOf(this.trace, (error) => this.options.onFault(error));
  private level: RecorderOptions["level"];
  private readonly second = new Second(MAX_RUNS_PER_SECOND);
  /** Runs that were not recorded, since too many began within a second. */
  skipped = 0;
  private readonly unrecorded: RecordedRun = {
    mark: (message) => this.safely(() => this.trace.markUnrecorded(message)),
    end: () => undefined,
  };

  constructor(private readonly options: RecorderOptions) {
    this.level = options.level;
  }

  /** Records more or less from now on; what was recorded stays. @returns the hooks to register */
  record(level: RecorderOptions["level"]): Hooks {
    this.level = level;
    this.trace.watch(this.watchers[level]);
    return this.hooks;
  }

  begin(start: RunStart): RecordedRun | undefined {
    return this.safely(() => {
      if (!this.second.takes(answersCaller(start))) {
        this.skipped++;
        return this.unrecorded;
      }
      return new Recorded(this, this.addWithStep(start));
    });
  }

  /**
   * Has a run received again by its node. Nodes that reach outside do not: what they did in the run stands in for them.
   * @param receivers by node
   * @param reachesOutside they do reach outside
   * @returns the id of the replay, which is a run of its own
   */
  replay(
    id: string,
    receivers: ReadonlyMap<string, Receiver>,
    reachesOutside: boolean,
  ): { id: string } | { refusal: ReplayRefusal } {
    const original = this.find(id);
    if (!original) return { refusal: "run" };
    if (original.outcome === "refused") return { refusal: "refused" };
    if (original.again === undefined) return { refusal: "not-kept" };
    const receiver = receivers.get(original.node);
    if (!receiver) return { refusal: "node" };
    if (receiver.type !== original.type) return { refusal: "other-type" };
    const recorded = new Map<string, Asked[]>();
    for (const { asked } of stepsOf(original))
      if (asked) recorded.set(asked.node, [...(recorded.get(asked.node) ?? []), asked]);
    const replay = new Replay(id, recorded, reachesOutside);
    let begun: RunRecord | undefined;
    receiver.receive(JSON.parse(original.again) as Again, {
      begin: (start) => {
        begun = this.addWithStep(start);
        this.ring.addReplay(begun, replay);
        return new Recorded(this, begun);
      },
    });
    return begun ? { id: this.ring.idOf(begun) } : { refusal: "node" };
  }

  refuse(start: RunStart, outcome: Outcome, answer: Answer, reason: string): void {
    this.safely(() => {
      const kind = `${start.node.id} ${outcome} ${reason}`;
      const known = this.refusals.get(kind);
      const isThere = known && known.run.number === known.number && this.ring.has(known.run) && !known.run.isWritten;
      if (isThere && performance.now() - known.run.startedAt < REFUSALS_MS) {
        known.run.count++;
        return;
      }
      const run = this.add(start);
      this.refusals.set(kind, { run, number: run.number });
      this.end(run, outcome, answer, reason);
    });
  }

  answeredLate(callId: string): void {
    // A second answer of a call that had its answer in time makes nothing late.
    for (const run of this.ring.runs()) if (run.callId === callId && run.outcome === "fallback") run.outcome = "late";
  }

  /** All runs, the newest first. */
  runs(): Run[] {
    return this.ring
      .runs()
      .toReversed()
      .map((run) => this.view(run));
  }

  /** A run; undefined when it is gone. */
  run(id: string): Run | undefined {
    const run = this.find(id);
    return run && this.view(run);
  }

  /** The heat of each node in these runs. @param ids of runs; those that are gone count for nothing */
  heat(ids: ReadonlySet<string>): Record<string, NodeHeat> {
    const runs = this.ring.runs().filter((run) => !run.replay && ids.has(this.ring.idOf(run)));
    return heatOf(runs.map((run) => ({ outcome: run.outcome, steps: stepsOf(run) })));
  }

  /**
   * A run with all that is kept of it, as the last one of those of its call.
   * @returns undefined when it is gone
   */
  kept(id: string): KeptRun[] | undefined {
    const run = this.find(id);
    if (!run) return undefined;
    const original = run.replay && this.find(run.replay.original);
    const before = (original ?? run).number;
    const earlier = this.ring
      .runs()
      .filter(
        ({ number, vendor, call, replay }) =>
          number < before && vendor === run.vendor && !replay && call?.id !== undefined && call.id === run.call?.id,
      );
    return [...earlier, run].map(keptOf);
  }

  /** Forgets the runs with this number. @param isMeant says it of a text with all that is kept of one @returns how many */
  forget(isMeant: (text: string) => boolean): number {
    const meant = this.ring.runs().filter((run) => isMeant(this.textOf(run)));
    for (const run of meant) this.ring.forget(run);
    return meant.length;
  }

  /** Hands over the runs that have been done for a while. @param all also those that still go on */
  flush(all = false): void {
    const before = performance.now() - DONE_MS;
    for (const run of this.ring.runs()) if (all || isDone(run, before)) this.done(run);
  }

  /** A message goes on from the first step of a run. */
  mark(run: RunRecord, message: object): void {
    this.trace.mark(message, run.places[0] as StepRecord);
  }

  /** A run has its outcome; the first one stays. */
  end(run: RunRecord, outcome: Outcome, answer?: Answer, reason?: string): void {
    if (run.outcome !== "open" || !this.ring.has(run)) return;
    run.outcome = outcome;
    run.endedAt = performance.now();
    run.reason = reason;
    if (!answer) return;
    const { status, json } = answer;
    run.answer = json === undefined ? { status } : { status, json: this.options.privacy.text(json, LONGEST_TEXT) };
    this.ring.grow(run, 2 * (run.answer.json?.length ?? 0));
    if (this.level !== "values") return;
    run.sentAnswer = answer;
    this.ring.grow(run, 2 * (json?.length ?? 0));
  }

  /** @param work what may fail without harm to a call or message */
  safely<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.options.onFault(error);
      return undefined;
    }
  }

  private addWithStep(start: RunStart): RunRecord {
    const run = this.add(start);
    this.ring.addStep(run, start.node).ms = 0;
    return run;
  }

  private find(id: string): RunRecord | undefined {
    for (const run of this.ring.runs()) if (this.ring.idOf(run) === id) return run;
    return undefined;
  }

  private add({ vendor, node, arrivedAt = performance.now(), ...start }: RunStart): RunRecord {
    const { callId, event, call, received, again } = start;
    const run = this.ring.add({
      vendor,
      node: node.id,
      type: node.type ?? "",
      flow: node.z ?? "",
      startedAt: arrivedAt,
      callId,
      isCaller: answersCaller(start),
      event: event === undefined ? undefined : this.options.privacy.text(event, LONGEST_NAME),
      call: call && this.options.privacy.call(call),
    });
    if (this.level !== "values") return run;
    const json = again && JSON.stringify(again());
    if (json !== undefined && json.length <= LONGEST_AGAIN) run.again = json;
    if (received !== undefined) run.received = this.jsonOf(run, received);
    this.ring.grow(run, 2 * ((run.received?.length ?? 0) + (run.again?.length ?? 0)));
    return run;
  }

  private done(run: RunRecord): void {
    const { onDone } = this.options;
    if (run.isWritten || !onDone) return;
    run.isWritten = true;
    const { isReplayable: _, ...written } = this.view(run);
    onDone(written);
  }

  private failed(step: StepRecord, { message }: Failure): void {
    if (step.error !== undefined) return;
    step.error = this.options.privacy.text(message, LONGEST_ERROR);
    this.ring.grow(step.run, 2 * step.error.length);
  }

  /** All that is kept of a run, also what nobody is shown. */
  private textOf(run: RunRecord): string {
    const steps = stepsOf(run);
    const asked = [...steps.map((step) => step.asked), ...(run.replay?.all() ?? [])];
    const texts = asked.flatMap((each) => [each?.arrived, ...(each?.sent.map(({ changed }) => changed) ?? [])]);
    return [
      JSON.stringify(this.view(run)),
      run.again,
      run.sentAnswer?.json,
      ...texts.flatMap((each) => [...(each?.values() ?? [])]),
      ...asked.map((each) => each?.error?.message),
      ...steps.map(({ failure }) => failure),
    ].join("\n");
  }

  private jsonOf(run: RunRecord, value: unknown): string {
    const numbers = [run.call?.from, run.call?.to].filter((number) => number !== undefined);
    return this.options.privacy.json(value, new Set(numbers), LONGEST_TEXT);
  }

  private view(run: RunRecord): Run {
    return viewOf(run, this.ring.idOf(run));
  }
}

/** A run as a node has it. */
class Recorded implements RecordedRun {
  constructor(
    private readonly recorder: Recorder,
    private readonly run: RunRecord,
    private readonly number = run.number,
  ) {}

  mark(message: object): void {
    if (this.isThere()) this.recorder.safely(() => this.recorder.mark(this.run, message));
  }

  end(outcome: Outcome, answer?: Answer, reason?: string): void {
    if (this.isThere()) this.recorder.safely(() => this.recorder.end(this.run, outcome, answer, reason));
  }

  /** False when a later run has taken its place. */
  private isThere(): boolean {
    return this.run.number === this.number;
  }
}

/** Calls have half of all for themselves, however many events come: of events nobody asks where a caller ended up. */
const answersCaller = ({ callId, isCaller = callId !== undefined }: Pick<RunStart, "callId" | "isCaller">): boolean =>
  isCaller;

/** A run of refusals is done when no more are added to it. */
function isDone(run: RunRecord, before: number): boolean {
  return run.endedAt !== undefined && run.endedAt < (run.stepCount === 0 ? before + DONE_MS - REFUSALS_MS : before);
}
