/** What comes in, as steps of a scenario: for each kind of node that receives, how its run begins again. Pure. */
import { isDeepStrictEqual } from "node:util";
import { withHidden, withoutHidden } from "./hidden.js";
import type { ConfiguredNode, KeptRun } from "./kept-run.js";

/** Properties by name. */
export type Fields = Record<string, unknown>;
/** A step of a scenario: its kind and fields, and what is expected. */
export type ScenarioStep = Readonly<Record<string, unknown>>;

/** How the runs of a type of node begin again. */
export interface Replayed {
  /** @param node the name or id of the run's node */
  steps: (run: KeptRun, node: string) => ScenarioStep[];
  /** Whether the earlier runs of the same call at a node belong to it; absent: none do. */
  follows?: (earlier: ConfiguredNode, own: ConfiguredNode) => boolean;
  /** Nobody waits for an answer: what comes of it are messages. */
  isEvent?: true;
}

/** By type of node. */
export const REPLAYED: Readonly<Record<string, Replayed>> = {
  "smartrouting-in": { steps: request },
  // What a layer puts into the session is there in the next one, whichever node that comes to.
  "voicenter-layer-in": { steps: request, follows: ({ type }, own) => type === own.type },
  "webitel-lookup-in": { steps: request },
  "webitel-event-in": { steps: request, isEvent: true },
  // An event decides a transfer together with those before it.
  "cti-event-in": { steps: request, isEvent: true, follows: ({ id }, own) => id === own.id },
  "rte-subscribe": { steps: sends, isEvent: true },
};

/** Headers of one connection, and what whoever sends a request writes anew (RFC 9110, 7.6.1). */
const NOT_KEPT_HEADERS: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"],
  ...["content-length", "content-encoding", "expect"],
]);

/** The request of a run, to the route of its node. */
function request(run: KeptRun, node: string): ScenarioStep[] {
  const { data = {}, req = {} } = run.again ?? {};
  const { method, query = {}, headers = {} } = req as { method?: string; query?: Fields; headers?: Fields };
  const kept = Object.entries(headers).filter(
    ([name, value]) => typeof value === "string" && !NOT_KEPT_HEADERS.has(name),
  );
  const asked = method === "GET" ? data : query;
  const fields = {
    ...(Object.keys(asked).length > 0 && { query: asked }),
    ...(kept.length > 0 && { headers: Object.fromEntries(kept) }),
    ...(method !== "GET" && { body: data }),
  };
  return [{ request: { node, ...(withHidden(fields) as Fields) }, ...(run.answer && { expect: answered(run) }) }];
}

/** What the caller of a request has to get. */
function answered({ answer, outcome, reason }: KeptRun): Fields {
  const fellBack = outcome === "fallback" || outcome === "late";
  const whole = answer?.json === undefined ? null : (JSON.parse(answer.json) as unknown);
  const part = withoutHidden(whole);
  return {
    status: answer?.status,
    ...(isDeepStrictEqual(part, whole) ? { answer: whole } : part !== undefined && { answerHas: part }),
    ...(fellBack && { fallback: reason }),
  };
}

/** An event, as its node sent it. */
function sends({ again }: KeptRun, from: string): ScenarioStep[] {
  return (again?.messages ?? []).flatMap((sent, output) => {
    if (!sent) return [];
    const { replay: _, ...message } = sent as Fields;
    return [{ send: { from, ...(output > 0 && { output: output + 1 }), message: withHidden(message) } }];
  });
}
