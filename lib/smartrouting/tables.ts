/**
 * The names and ranges of Enreach SmartRouting ("HTTP Integrator Guide"). The single source of names: types, checks, form,
 * help, simulator and tests derive from these tables.
 */

/** The guide's name of the request, and of its `msg.event`. */
export const REQUEST_NAME = "SmartRouting";

/** The keys of a request. */
export const REQUEST_KEYS = ["anum", "bnum", "targetid", "extradata"] as const;

/** The documented keys of `extradata` ("SmartRouting Request Extra Data"), and the property that holds each one. */
export const EXTRA_DATA_KEYS = {
  CallId: "callId",
  LegId: "legId",
  CurrQueueId: "queueId",
  CurrUserId: "userId",
  IsInternalCaller: "isInternalCaller",
} as const;

/**
 * What may stand in a field of the answer. `any-target` is a queue or an agent, `user-target` an agent; `user-targets` is a
 * list of agents.
 */
export type FieldKind = "any-target" | "user-target" | "user-targets" | "integer" | "text";

/** One field of the answer. */
export interface AnswerField {
  /** The key that is sent. */
  name: string;
  kind: FieldKind;
  /** Lowest and highest integer. */
  range?: readonly [number, number];
}

/** The body keys of the answer, complete ("SmartRouting Response"). */
export const ANSWER_FIELDS = [
  { name: "InitialTarget", kind: "any-target" },
  { name: "FailTarget", kind: "any-target" },
  { name: "RequiredTarget", kind: "user-target" },
  { name: "AllocationTargets", kind: "user-targets" },
  { name: "Priority", kind: "integer", range: [0, 10_000] },
  { name: "ExtraPriority", kind: "integer", range: [-10_000, 10_000] },
  { name: "CustomTTS", kind: "text" },
  { name: "CustomMSI", kind: "text" },
] as const satisfies readonly AnswerField[];

/** Name of a field of the answer. */
export type AnswerFieldName = (typeof ANSWER_FIELDS)[number]["name"];

/** The initial target that ends the call. */
export const DISCONNECT = "DISCONNECT:";
