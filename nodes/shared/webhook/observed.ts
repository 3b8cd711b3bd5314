/**
 * What is told of each request, in one place: to whoever records runs, and to OpenTelemetry. Where neither is there it
 * costs two looks.
 */
import { openTelemetry } from "../../../lib/core/telemetry/api.js";
import { beginReceived, type Received, type ReceivedOutcome } from "../../../lib/core/telemetry/received.js";
import type { Answer, Outcome, RecordedRun, RunRecorder, RunStart } from "../../../lib/recorder/model.js";
import type { Beginner } from "../recording.js";

/** What OpenTelemetry is told beside the run. */
export type Arrival = Pick<Received, "kind" | "arrivedAt" | "headers">;

/** A request that somebody looks at. */
export interface ObservedRun extends RecordedRun {
  /** Does work within the trace of the request; absent where it has none. */
  within?(work: () => void): void;
}

/**
 * Says that a request was accepted.
 * @param start asked for where somebody looks
 * @param arrival absent of a replay, which nobody sent
 * @returns undefined where nobody looks
 */
export function observe(
  recorder: Beginner,
  start: () => RunStart,
  arrival: Arrival | undefined,
): ObservedRun | undefined {
  if (!recorder && !(arrival && openTelemetry())) return undefined;
  return observed(recorder, start(), arrival);
}

function observed(recorder: Beginner, start: RunStart, arrival: Arrival | undefined): ObservedRun | undefined {
  const run = recorder?.begin(start);
  const span = arrival && beginReceived({ vendor: start.vendor, node: start.node, ...arrival });
  if (!span) return run;
  return {
    mark(message) {
      run?.mark(message);
      span.mark(message);
    },
    within: (work) => span.within(work),
    end(outcome, answer, reason) {
      run?.end(outcome, answer, reason);
      span.end(spoken(arrival.kind, outcome), answer?.status, reason);
    },
  };
}

/** Sends within the trace of a request, where it has one. */
export function sendWithin(run: ObservedRun | undefined, send: () => void): void {
  if (run?.within) run.within(send);
  else send();
}

/** Says that a request was answered at the door, and no flow saw it. */
export function observeRefusal(
  recorder: RunRecorder | undefined,
  start: RunStart,
  arrival: Arrival,
  outcome: "refused" | "fallback",
  answer: Answer,
  reason: string,
): void {
  recorder?.refuse(start, outcome, answer, reason);
  beginReceived({ vendor: start.vendor, node: start.node, ...arrival })?.end(outcome, answer.status, reason);
}

/** An event is answered as soon as it came: that says no more than that it came. */
function spoken(kind: Received["kind"], outcome: Outcome): ReceivedOutcome {
  return kind === "event" && outcome === "answered" ? "received" : (outcome as ReceivedOutcome);
}
