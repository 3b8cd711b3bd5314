/** A run with all that is kept of it. */
import type { Asked } from "./keeping.js";
import type { Again, Answer, Outcome, StandIn } from "./model.js";
import { type RunRecord, type StepRecord, stepsOf } from "./records.js";

/** A node of the flow file. */
export interface ConfiguredNode {
  id: string;
  type: string;
  name?: string;
  /** Disabled. */
  d?: boolean;
}

/** What is known of a run at level `values`. */
export interface KeptRun {
  node: string;
  /** The node's type then. */
  type: string;
  /** When it came, Unix milliseconds. */
  at: number;
  outcome: Outcome;
  reason: string | undefined;
  again: Again | undefined;
  answer: Answer | undefined;
  cut: number;
  steps: readonly KeptStep[];
}
/** A step of it. */
export interface KeptStep {
  node: string;
  from: KeptStep | undefined;
  asked: Asked | undefined;
  standIn: StandIn | undefined;
  /** What its node reported as an error. */
  failure: string | undefined;
}

/** Why a run is no scenario; the sentences are in the catalogue. */
export type NotKeptReason =
  | "not-kept"
  | "open"
  | "gone"
  | "refused"
  | "cut"
  | "node"
  | "subflow"
  | "type"
  | "other-type"
  | "closed"
  | "session"
  | "not-asked"
  | "unwritable"
  | "several"
  | "nothing";

/** The run cannot be kept. */
export class NotKeptError extends Error {
  /** @param names what the sentence names, such as a node */
  constructor(
    readonly why: NotKeptReason,
    readonly names: Readonly<Record<string, string>> = {},
  ) {
    super(why);
  }
}

/** The node of a step; within a subflow the ids of the instances stand before its own. */
export function nodeOf(id: string, flows: readonly ConfiguredNode[]): ConfiguredNode | undefined {
  const parts = id.split("-");
  for (let first = 0; first < parts.length; first++) {
    const own = parts.slice(first).join("-");
    const found = flows.find((node) => node.id === own);
    if (found) return found;
  }
  return undefined;
}

/** A copy of what is kept of a run: the run itself may make room for another one. */
export function keptOf(run: RunRecord): KeptRun {
  const { node, type, at, outcome, reason, cut, again, sentAnswer } = run;
  return {
    node,
    type,
    at,
    outcome,
    reason,
    cut,
    again: again === undefined ? undefined : (JSON.parse(again) as Again),
    answer: sentAnswer,
    steps: copiesOf(stepsOf(run)),
  };
}

/** Each one comes after the one that it is from. */
function copiesOf(steps: readonly StepRecord[]): KeptStep[] {
  const copies = new Map<StepRecord, KeptStep>();
  for (const step of steps) {
    const { node, asked, standIn, failure } = step;
    copies.set(step, { node, from: step.from && copies.get(step.from), asked, standIn, failure });
  }
  return [...copies.values()];
}
