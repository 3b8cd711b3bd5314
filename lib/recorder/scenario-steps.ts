/** What comes in, as steps of a scenario: for each kind of node that receives, how its run begins again. Pure. */
import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../core/values.js";
import { withHidden, withoutHidden } from "./hidden.js";
import { type ConfiguredNode, type KeptRun, nameOf, NotKeptError } from "./kept-run.js";
import type { Again } from "./model.js";

/** Properties by name. */
export type Fields = Record<string, unknown>;
/** A step of a scenario: its kind and fields, and what is expected. */
export type ScenarioStep = Readonly<Record<string, unknown>>;
/** A run, its node, and the flow. */
export interface Context {
  run: KeptRun;
  again: Again;
  node: ConfiguredNode;
  flows: readonly ConfiguredNode[];
  /** The runs of the same call before this one, in order, and this one. */
  chain: readonly KeptRun[];
}

/** The steps of a scenario. */
export interface Made {
  steps: ScenarioStep[];
  /** The runs that the scenario plays. */
  runs: readonly KeptRun[];
}

/** How each node's run begins again. */
export const STEPS: Readonly<Record<string, (context: Context) => Made>> = {
  "smartrouting-in": ring,
  "voicenter-layer-in": walk,
  "webitel-lookup-in": lookup,
  "webitel-event-in": sends,
  "cti-event-in": sends,
  "rte-subscribe": sends,
};

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

/** Of several nodes of its type which one is called. */
function called({ node, flows }: Context): { node?: string } {
  const several = flows.filter(({ type, d }) => type === node.type && d !== true).length > 1;
  return several ? { node: nameOf(node, flows) } : {};
}

function ring(context: Context): Made {
  const { run, again } = context;
  const { payload, smartrouting } = again.messages[0] as {
    payload: { anum?: string; bnum?: string; targetid?: string; extradata?: unknown };
    smartrouting: { isInternalCaller?: boolean; parameters: Fields };
  };
  const { anum = "", bnum = "", targetid, extradata } = payload;
  if (extradata !== undefined && !isRecord(extradata)) throw new NotKeptError("extra-data");
  // Each call has ids of its own.
  const extra = Object.entries(extradata ?? {}).filter(
    ([name, value]) => !/^(?:callid|legid|isinternalcaller)$/i.test(name) && value !== "",
  );
  return {
    runs: [run],
    steps: [
      {
        ring: {
          ...called(context),
          from: anum,
          to: bnum,
          ...(targetid !== undefined && { tag: targetid }),
          ...(extradata === undefined && { extraData: false }),
          ...(smartrouting.isInternalCaller === true && { internal: true }),
          ...(extra.length > 0 && { extra: withHidden(Object.fromEntries(extra)) }),
        },
        expect: answered(run),
      },
    ],
  };
}

interface LayerPayload {
  DID?: string;
  CALLER_ID?: string;
  DTMF?: string;
  LAYER_ID: number | null;
  CUSTOM_DATA?: unknown;
}

const layerOf = ({ again }: KeptRun): LayerPayload & { session?: Fields } => {
  const { payload, session } = (again as Again).messages[0] as { payload: LayerPayload; session?: Fields };
  return { ...payload, ...(session && { session }) };
};

/** The layer to which an answer leads. */
function nextLayer({ answer }: KeptRun): unknown {
  const { ACTION, LAYER, NEXT_LAYER } = JSON.parse(answer?.json ?? "{}") as Fields;
  return ACTION === "GO_TO_LAYER" ? LAYER : ACTION === "SAY_DIGITS" ? NEXT_LAYER : undefined;
}

function walk(context: Context): Made {
  const { run } = context;
  // From the last layer back, for as long as one led to the next.
  const runs: KeptRun[] = [run];
  for (const earlier of context.chain.slice(0, -1).toReversed()) {
    if (!earlier.again || nextLayer(earlier) !== layerOf(runs[0] as KeptRun).LAYER_ID) break;
    runs.unshift(earlier);
  }
  const layers = runs.map(layerOf);
  const first = layers[0] as (typeof layers)[0];
  const asks = layers.map(({ LAYER_ID }) => LAYER_ID);
  if (asks.includes(null)) throw new NotKeptError("layer");
  if (Object.keys(first.session ?? {}).length > 0) throw new NotKeptError("session");
  if (first.CUSTOM_DATA !== undefined) throw new NotKeptError("custom-data");
  const { DID = "", CALLER_ID = "" } = first;
  const next = nextLayer(run);
  return {
    runs,
    steps: [
      {
        walk: {
          ...called(context),
          from: CALLER_ID,
          did: DID,
          start: asks[0],
          asks: [...new Set(asks)],
          // "0" is what Voicenter sends where nothing was typed, too.
          digits: layers.map(({ DTMF = "0" }) => (DTMF === "0" ? "" : DTMF)),
          ...(layers.some(({ CUSTOM_DATA }) => CUSTOM_DATA !== undefined) && { returnCustomData: true }),
          // It would be asked again, and this is where the recording ends.
          ...(asks.includes(next as number) && { hangUpAfter: asks.length }),
        },
        expect: answered(run),
      },
    ],
  };
}

function lookup(context: Context): Made {
  const { run, again } = context;
  const { payload } = again.messages[0] as { payload: Fields };
  const { cid, ...query } = withHidden(payload) as Fields;
  return {
    runs: [run],
    steps: [
      {
        lookup: {
          ...called(context),
          ...(typeof cid === "string" && { cid }),
          ...(Object.keys(query).length > 0 && { query }),
          ...(cid !== undefined && typeof cid !== "string" && { query: { ...query, cid } }),
        },
        expect: answered(run),
      },
    ],
  };
}

/** An event, as its node sent it. */
export function sends({ run, again, node, flows }: Context): Made {
  const from = nameOf(node, flows);
  const steps = again.messages.flatMap((sent, output) => {
    if (!sent) return [];
    const { req: _, replay: __, ...message } = sent as Fields;
    return [{ send: { from, ...(output > 0 && { output: output + 1 }), message: withHidden(message) } }];
  });
  return { runs: [run], steps };
}
