/** A scenario as its file has it (scenario.schema.json), and what came of it. */

import type { OutsideAnswer } from "../../lib/recorder/stand-in.js";

/** Values by name. */
export type Values = Readonly<Record<string, unknown>>;

/** A node as a flow file has it. */
export interface FlowNode {
  id: string;
  type: string;
  name?: string;
  /** Path of a webhook. */
  url?: string;
  /** Disabled. */
  d?: boolean;
  [property: string]: unknown;
}

/** What a scenario begins with. */
export interface Given {
  /** `msg.now` of every message that one of the pack's webhook nodes sends. */
  now?: unknown;
  environment?: Readonly<Record<string, string>>;
  /** Values of the global context, and of the flow context of every tab. */
  context?: { global?: Values; flow?: Values };
  /** By name or id of the node; of a list, one after the other. */
  answers?: Readonly<Record<string, OutsideAnswer | readonly OutsideAnswer[]>>;
}

/** A call of Enreach SmartRouting. */
export interface RingStep {
  node?: string;
  from?: string;
  to?: string;
  tag?: string;
  extraData?: boolean;
  internal?: boolean;
  parameters?: Readonly<Record<string, string>>;
  /** More extra data, by the platform's names. */
  extra?: Values;
}
/** A call that Voicenter leads through layers. */
export interface WalkStep {
  node?: string;
  from?: string;
  /** The number that was dialled. */
  did?: string;
  /** The first layer. */
  start?: number;
  /** The layers that ask the flow; in any other one the call stays. */
  asks?: readonly number[];
  /** What the caller types, layer by layer; blank: nothing. */
  digits?: readonly string[];
  /** What the phones do that the flow dials. */
  phone?: "answers" | "unanswered" | "faulty";
}
/** Webitel asks who calls. */
export interface LookupStep {
  node?: string;
  cid?: string;
  /** More of the query; of a list, each. */
  query?: Readonly<Record<string, string | readonly string[]>>;
}
/** A request to the route of a node: one of the pack's that receive calls and events, or an `http in` node by its path. */
export interface RequestStep {
  node?: string;
  path?: string;
  /** GET by default; POST with a body. */
  method?: string;
  /** Of a list, each. */
  query?: Readonly<Record<string, string | readonly string[]>>;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
}
/** An event of Enreach RTE. */
export interface RteStep {
  event: string;
  entityId?: string;
  /** Over a sample with every property of the catalogue. */
  data?: Values;
}
/** What happens at the CTI Broker or in Webitel: a button of the simulator's panel, and its fields. */
export interface ActionStep {
  do: string;
  [field: string]: unknown;
}
/** A message that a node gets, or that it sends. */
export interface SendStep {
  to?: string;
  from?: string;
  output?: number;
  message?: Values;
}

/** What an answered step is held against. */
export interface StepExpectation {
  /** The whole answer; null: one without a body. */
  answer?: unknown;
  /** Part of the answer. */
  answerHas?: unknown;
  status?: number;
  /** Part of the words in which the simulator says where the call goes. */
  route?: string;
  /** The layer in which the call stays. */
  layer?: number;
  /** Every layer of the call, in order. */
  layers?: readonly number[];
  /** Part of what the caller hears; of a list, each. */
  hears?: string | readonly string[];
  /** Whether the caller is hung up. */
  hangsUp?: boolean;
  withinMs?: number;
  /** Why the in node answered by itself; absent: it did not. */
  fallback?: "deadline" | "error" | "closed";
}

/** The steps that there are; each has exactly one of them. */
export interface Step {
  ring?: RingStep;
  walk?: WalkStep;
  lookup?: LookupStep;
  request?: RequestStep;
  rte?: RteStep;
  cti?: ActionStep;
  webitel?: ActionStep;
  press?: string;
  send?: SendStep;
  expect?: StepExpectation;
}

/** What is true in the end. */
export interface Expectation {
  /** The messages that came to a node, by name or id: all of them in order, of each a part. */
  messages?: Readonly<Record<string, readonly unknown[]>>;
  /** Part of what each error says, in any order; absent: there is none. */
  errors?: readonly string[];
  /** Part of what the simulators' panels show, such as the commands that came in. */
  vendors?: Values;
  /** Part of the contexts. */
  context?: { global?: Values; flow?: Values };
}

/** One scenario. */
export interface Scenario {
  name: string;
  given?: Given;
  steps: readonly Step[];
  expect?: Expectation;
}

/** A file of scenarios. */
export interface ScenarioFile {
  $schema?: string;
  /** For each scenario that does not give the same itself. */
  given?: Given;
  scenarios: readonly Scenario[];
}

/** What came of a scenario. */
export interface Result {
  /** Path of the file. */
  file: string;
  name: string;
  ms: number;
  /** What was not as expected, a line each; none: it passed. */
  faults: readonly string[];
  /** Id of the node where the run of the last failed step ended; absent where no node was asked, or none failed. */
  answeredBy?: string;
}
