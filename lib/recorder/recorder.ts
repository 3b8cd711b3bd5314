/** Records runs: where they begin and end, as the nodes say, and their way, as the message hooks show it. */
import { heatOf, type NodeHeat } from "./heat.js";
import type { Answer, Level, Outcome, RecordedRun, Run, RunRecorder, RunStart } from "./model.js";
import type { Privacy } from "./privacy.js";
import { MAX_RUNS, Ring, type RunRecord, type StepRecord, viewOf } from "./ring.js";
import { Trace } from "./trace.js";

/** Characters of a message, of what came in and of an answer that are kept. */
const LONGEST_TEXT = 4000;
/** Refused requests of one node for one reason are one run for so long, so that a flood of them leaves the other runs. */
const REFUSALS_MS = 60_000;
/**
 * More runs within a second push each other out of memory before anybody sees them: they are counted, and not recorded, so that
 * what recording costs has a bound however many calls come.
 */
const MAX_RUNS_PER_SECOND = MAX_RUNS;
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

/** Node-RED's message hooks. */
export type Hooks = Record<"onSend" | "onReceive" | "postReceive", (event: never) => void>;

/** The recorder of one runtime. */
export class Recorder implements RunRecorder {
  private readonly ring = new Ring((run) => this.done(run));
  private readonly refusals = new Map<string, RunRecord>();
  private trace: Trace;
  private level: RecorderOptions["level"];
  /** The second that is going on: when it began, as `performance.now()` has it, and how many runs have begun in it. */
  private readonly second = { startedAt: -Infinity, runs: 0 };
  /** Runs that were not recorded, since too many began within a second. */
  skipped = 0;
  private readonly unrecorded: RecordedRun = {
    mark: (message) => this.safely(() => this.trace.markUnrecorded(message)),
    end: () => undefined,
  };

  constructor(private readonly options: RecorderOptions) {
    this.level = options.level;
    this.trace = this.traceOf(options.level);
  }

  /** Records more or less from now on; what was recorded stays. @returns the hooks to register */
  record(level: RecorderOptions["level"]): Hooks {
    this.level = level;
    const trace = (this.trace = this.traceOf(level));
    const safe =
      <Event>(hook: (event: Event) => void): ((event: Event) => void) =>
      (event) => {
        try {
          hook(event);
        } catch (error) {
          this.options.onFault(error);
        }
      };
    return {
      onSend: safe(trace.onSend),
      onReceive: safe(trace.onReceive),
      postReceive: safe(trace.postReceive),
    };
  }

  begin(start: RunStart): RecordedRun | undefined {
    return this.safely(() => {
      if (this.hasTooMany()) {
        this.skipped++;
        return this.unrecorded;
      }
      const run = this.add(start);
      this.ring.addStep(run, start.node).ms = 0;
      return new Recorded(this, run);
    });
  }

  refuse(start: RunStart, outcome: Outcome, answer: Answer, reason: string): void {
    this.safely(() => {
      const kind = `${start.node.id} ${outcome} ${reason}`;
      const known = this.refusals.get(kind);
      if (known && !known.isWritten && performance.now() - known.startedAt < REFUSALS_MS) {
        known.count++;
        return;
      }
      const run = this.add(start);
      this.refusals.set(kind, run);
      this.end(run, outcome, answer, reason);
    });
  }

  answeredLate(callId: string): void {
    // A second answer of a call that had its answer in time makes nothing late.
    for (const run of this.ring.runs()) if (run.callId === callId && run.outcome === "fallback") run.outcome = "late";
  }

  /** All runs, the newest first. */
  runs(): Run[] {
    return [...this.ring.runs()].toReversed().map((run) => this.view(run));
  }

  /** A run; undefined when it is gone. */
  run(id: string): Run | undefined {
    for (const run of this.ring.runs()) if (this.ring.idOf(run) === id) return this.view(run);
    return undefined;
  }

  /** The heat of each node in these runs. @param ids of runs; those that are gone count for nothing */
  heat(ids: ReadonlySet<string>): Record<string, NodeHeat> {
    return heatOf([...this.ring.runs()].filter((run) => ids.has(this.ring.idOf(run))));
  }

  /** Forgets the runs with this number. @returns how many */
  forget(isMeant: (run: Run) => boolean): number {
    const meant = [...this.ring.runs()].filter((run) => isMeant(this.view(run)));
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
    this.trace.mark(message, run.steps[0] as StepRecord);
  }

  /** A run has its outcome; the first one stays. */
  end(run: RunRecord, outcome: Outcome, answer?: Answer, reason?: string): void {
    if (run.outcome !== "open") return;
    run.outcome = outcome;
    run.endedAt = performance.now();
    run.reason = reason;
    if (!answer) return;
    const { status, json } = answer;
    run.answer = json === undefined ? { status } : { status, json: this.options.privacy.text(json, LONGEST_TEXT) };
    this.ring.grow(run, 2 * (run.answer.json?.length ?? 0));
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

  private hasTooMany(): boolean {
    const now = performance.now();
    if (now - this.second.startedAt >= 1000) Object.assign(this.second, { startedAt: now, runs: 0 });
    return ++this.second.runs > MAX_RUNS_PER_SECOND;
  }

  private add({ vendor, node, arrivedAt = performance.now(), callId, call, received }: RunStart): RunRecord {
    const run = this.ring.add({
      vendor,
      node: node.id,
      flow: node.z ?? "",
      startedAt: arrivedAt,
      callId,
      call: call && this.options.privacy.call(call),
    });
    if (this.level === "values" && received !== undefined) {
      run.received = this.jsonOf(run, received);
      this.ring.grow(run, 2 * run.received.length);
    }
    return run;
  }

  private done(run: RunRecord): void {
    const { onDone } = this.options;
    if (run.isWritten || !onDone) return;
    run.isWritten = true;
    onDone(this.view(run));
  }

  private traceOf(level: RecorderOptions["level"]): Trace {
    if (level === "path") return new Trace(this.ring);
    return new Trace(this.ring, (step, message) => {
      const { req: _, res: __, _msgid: ___, ...shown } = message as Record<string, unknown>;
      step.message = this.jsonOf(step.run, shown);
      this.ring.grow(step.run, 2 * step.message.length);
    });
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
  ) {}

  mark(message: object): void {
    this.recorder.safely(() => this.recorder.mark(this.run, message));
  }

  end(outcome: Outcome, answer?: Answer, reason?: string): void {
    this.recorder.safely(() => this.recorder.end(this.run, outcome, answer, reason));
  }
}

/** A run of refusals is done when no more are added to it. */
function isDone(run: RunRecord, before: number): boolean {
  return run.endedAt !== undefined && run.endedAt < (run.steps.length === 0 ? before + DONE_MS - REFUSALS_MS : before);
}
