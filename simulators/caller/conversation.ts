/**
 * What a platform that calls us says and hears during one phone call, step by step: plain data for the console page.
 * No node builtins here: the page imports it.
 */

/** The meaning of a step or a remark, in colour. */
export type Tone = "good" | "bad" | "warn" | "info" | "quiet";

/** One remark below a step. */
export interface Note {
  text: string;
  tone: Tone;
}

/** One request of the platform and what came of it. */
export interface Exchange {
  /** Without a key in the query. */
  url: string;
  /** Credentials are masked. */
  headers: Readonly<Record<string, string>>;
  body: unknown;
  /** Milliseconds until the answer was complete, or until the platform gave up. */
  ms?: number;
  answer?: { status: number; contentType: string; body: string };
  /** Why there was no answer: `timeout`, or the network's word such as ECONNREFUSED. */
  failure?: string;
  /** The answer came after the platform had given up: milliseconds since the request. */
  lateMs?: number;
}

/** One thing that happened in a call. */
export interface Step {
  /** ISO 8601. */
  at: string;
  /** What happened, in words. */
  title: string;
  tone: Tone;
  notes: readonly Note[];
  exchange?: Exchange;
  /** What the caller hears; the page speaks it. */
  speech?: { text: string; language: string };
}

/** One phone call. */
export interface Conversation {
  id: string;
  /** Caller number; empty when withheld. */
  from: string;
  to: string;
  startedAt: string;
  steps: readonly Step[];
  /** Where the call is now, in a few words. */
  place: string;
  ended: boolean;
}

/** A webhook that the phone offers to ring. */
export interface Endpoint {
  label: string;
  url: string;
}

/** An answer that changes nothing and takes at least this many milliseconds looks like a node's fallback at its deadline. */
const SLOW_MS = 1000;

/** What to say of an answer that a flow may mean, and that a node gives by itself as well: at its deadline, or for an invalid one. */
export function explained({ ms = 0 }: Exchange): Note[] {
  if (ms < SLOW_MS) return [UNMEANT];
  return [
    {
      text: `It took ${(ms / 1000).toFixed(1)} s: most likely the in node's own answer at its deadline. Its second output says why. The sidebar "Calls and events" of Node-RED shows how far a call went, once it is switched on.`,
      tone: "warn",
    },
  ];
}

/** What to do about a status that a node gives when it does not serve the request; for 401 each vendor has its own words. */
const REMEDIES: Readonly<Record<number, string>> = {
  403: "The node does not take calls from this address: see its allowed networks.",
  404: "No deployed node serves this path: import or build the flow, press Deploy, and compare the path.",
  405: "What is deployed at this path takes no POST.",
};

/**
 * What to do when the flow was not reached or did not take the request.
 * @param credential what to do about 401
 */
export function remedies({ answer, failure }: Exchange, credential: string): Note[] {
  if (failure === "timeout") return [];
  const text =
    answer === undefined
      ? "Does Node-RED run, and at this address?"
      : { ...REMEDIES, 401: `The node wants its credential: ${credential}` }[answer.status];
  return text === undefined ? [] : [{ text, tone: "info" }];
}

const UNMEANT: Note = {
  text: "Not meant? Node-RED's log, its debug sidebar, or the sidebar Calls and events has the reason.",
  tone: "info",
};
