/** Holds what came of a step or a scenario against what was expected, in lines. Pure. */
import { withoutCredentials } from "../../lib/recorder/credentials.js";
import { differences, shown } from "./compare.js";
import type { StepExpectation } from "./model.js";
import type { Outcome } from "./steps.js";

/** How an in node's run ended, as the recorder tells. */
export interface RecordedRun {
  id: string;
  outcome: string;
  reason?: string;
}

type Check = (expected: never, outcome: Outcome) => string[];

const part = (name: "answer" | "route" | "hears", expected: string, actual: string): string[] =>
  actual.includes(expected) ? [] : [`${name}: expected ${shown(expected)} in ${shown(actual)}`];

/** How each expectation is checked, and the outcome that it needs. */
const CHECKS: { [name in Exclude<keyof StepExpectation, "fallback">]-?: [needs: keyof Outcome, check: Check] } = {
  answer: ["answer", (expected: unknown, { answer }) => differences(expected, answer, true, "answer")],
  answerHas: [
    "answer",
    (expected: unknown, { answer }) =>
      typeof expected === "string" && typeof answer === "string"
        ? part("answer", expected, answer)
        : differences(expected, answer, false, "answer"),
  ],
  status: ["status", (expected: number, { status }) => differences(expected, status, true, "status")],
  route: ["route", (expected: string, { route = "" }) => part("route", expected, route)],
  layer: ["layers", (expected: number, { layer }) => differences(expected, layer, true, "layer")],
  layers: ["layers", (expected: number[], { layers = [] }) => layersDiffer(expected, layers)],
  hears: [
    "hears",
    (expected: string | string[], { hears = [] }) => {
      const heard = hears.join("; ");
      return [expected].flat().flatMap((words) => part("hears", words, heard));
    },
  ],
  hangsUp: ["hangsUp", (expected: boolean, { hangsUp }) => differences(expected, hangsUp, true, "hangsUp")],
  withinMs: [
    "ms",
    (expected: number, { ms = 0 }) => (ms <= expected ? [] : [`withinMs: expected ${expected} at most, it took ${ms}`]),
  ],
};

function layersDiffer(expected: readonly number[], actual: readonly number[]): string[] {
  return expected.join() === actual.join()
    ? []
    : [`layers: expected ${expected.join(" → ")}, got ${actual.join(" → ")}`];
}

/**
 * What is wrong with a step.
 * @param runs of the in node during the step
 */
export function stepFaults(expected: StepExpectation, outcome: Outcome, runs: readonly RecordedRun[]): string[] {
  const lines: string[] = [];
  for (const [name, value] of Object.entries(expected)) {
    if (name === "fallback") continue;
    const [needs, check] = CHECKS[name as keyof typeof CHECKS];
    if (outcome[needs] === undefined) lines.push(`${name}: this step has no ${name}`);
    else lines.push(...check(value as never, outcome));
  }
  if (outcome.failure !== undefined && expected.status === undefined)
    lines.unshift(`the webhook: ${withoutCredentials(outcome.failure)}`);
  if (!outcome.mayFallBack) return lines;
  const fellBack = runs.find(({ outcome, reason }) => reason !== undefined && outcome !== "refused")?.reason;
  if (fellBack !== expected.fallback)
    lines.unshift(
      `fallback: expected ${shown(expected.fallback)}, got ${fellBack === undefined ? "the flow's answer" : `the fallback answer (${fellBack})`}`,
    );
  return lines;
}

/**
 * What is wrong with the errors of a scenario: one that was not expected, and an expected one that did not come.
 * @param expected a part of each
 */
export function errorFaults(expected: readonly string[], errors: readonly string[]): string[] {
  const left = [...errors];
  const missing = expected.filter((words) => {
    const at = left.findIndex((error) => error.includes(words));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [
    ...missing.map((words) => `errors: expected one with ${shown(words)}, got ${shown(errors)}`),
    ...left.map((error) => `error of ${withoutCredentials(error)}`),
  ];
}
