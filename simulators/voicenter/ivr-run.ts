/** How the platform leads a call through an IVR: layer after layer, until it rests in a queue or ends. */
import type { Note, Tone } from "../caller/conversation.js";
import { post, shownExchange } from "../caller/post.js";
import { type Decision, readExchange } from "./interpret-answer.js";
import type { IvrCall } from "./ivr-call.js";
import { languageTag, say } from "./speech.js";
import type { Ending, Layer } from "./state.js";

/** A walk through more layers has gone round in circles. */
const MOST_LAYERS = 60;

type DecisionOf<K extends Decision["kind"]> = Extract<Decision, { kind: K }>;
/** Where the call goes next: a layer, or nowhere because it rests or has ended. */
type Next = { layer: number } | "nowhere";

/**
 * Walks from the IVR's first layer.
 * @returns when the call rests or has ended
 */
export async function walk(call: IvrCall): Promise<void> {
  const memory: { customData?: unknown } = {};
  try {
    let previous: number | undefined;
    for (let layers = 0, next: Next = { layer: call.ivr.start }; next !== "nowhere"; layers++) {
      const { layer: id }: { layer: number } = next;
      const layer = call.ivr.layers.find((each) => each.id === id);
      call.layers.push(id);
      if (layer === undefined && call.ivr.rests) next = rest(call, `stays in layer ${id}`, `in layer ${id}`);
      else if (layer === undefined) next = lose(call, `there is no layer ${id} in this IVR`);
      else if (layers === MOST_LAYERS) next = lose(call, `the call went round in circles: ${MOST_LAYERS} layers`);
      else next = await enter(call, layer, previous, memory);
      previous = id;
    }
  } catch (error) {
    // Every wait rejects when the call ends: that is no failure.
    if (!call.signal.aborted) throw error;
  }
}

function lose(call: IvrCall, title: string, notes: readonly Note[] = []): Next {
  call.step(title, "bad", { notes });
  call.end("the call is lost");
  return "nowhere";
}

async function enter(
  call: IvrCall,
  layer: Layer,
  previous: number | undefined,
  memory: { customData?: unknown },
): Promise<Next> {
  const { id, name, announcement, digits, delay, url } = layer;
  call.move(`layer ${id}: ${name}`);
  call.step(
    `layer ${id}: ${name}`,
    "quiet",
    announcement === "" ? {} : { speech: { text: announcement, language: "en" } },
  );
  const speechS = call.speechSeconds(announcement);
  if (url === "" || digits === 0) {
    call.enterPhase({ kind: "announcing" });
    await call.seconds(speechS);
    return url === "" ? FINISH[layer.ending](call, layer.target) : ask(call, layer, previous, "", memory);
  }
  const typed = await call.listen(digits, speechS + delay);
  call.step(typed === "" ? "the caller types nothing" : `the caller types ${typed}`, "quiet");
  return ask(call, layer, previous, typed, memory);
}

async function ask(
  call: IvrCall,
  layer: Layer,
  previous: number | undefined,
  typed: string,
  memory: { customData?: unknown },
): Promise<Next> {
  call.enterPhase({ kind: "asking" });
  const { documentTypes = false, returnCustomData = false } = call.input;
  const id = (number: number): number | string => (documentTypes ? number : String(number));
  const data = {
    DID: call.to,
    CALLER_ID: call.from,
    IVR_UNIQUE_ID: call.id,
    // "In case the caller did not enter any value, the default value will always be 0."
    DTMF: typed === "" ? "0" : typed,
    LAYER_ID: id(layer.id),
    ...(previous !== undefined && { PREVIOUS_LAYER_ID: id(previous) }),
    ...(returnCustomData && memory.customData !== undefined && { CUSTOM_DATA: memory.customData }),
  };
  const body = { METHOD: "IVR_LAYER_INPUT", DATA: documentTypes ? JSON.stringify(data) : data };
  const exchange = shownExchange({ url: layer.url, body });
  call.step("the platform asks the flow", "info", { exchange });
  const { timeoutMs } = call.platform;
  const outcome = await post({
    url: layer.url,
    body,
    timeoutMs,
    signal: call.signal,
    onLate: (late) => call.complete(exchange, late),
  });
  call.signal.throwIfAborted();
  call.complete(exchange, outcome);
  const decision = readExchange(exchange);
  memory.customData = decision.customData ?? memory.customData;
  const tone: Tone = decision.notes.some((note) => note.tone === "warn") ? "warn" : "good";
  if (decision.kind === "fallback") return fallBack(call, decision, layer);
  if (decision.kind === "say") return announce(call, decision, layer, tone);
  if (decision.kind === "dial") return dial(call, decision, tone);
  call.step(`go to layer ${decision.layer}`, tone, { notes: decision.notes });
  return decision;
}

function fallBack(call: IvrCall, { why, notes }: DecisionOf<"fallback">, { fallback }: Layer): Next {
  const all: Note[] = [{ text: why, tone: "bad" }, ...notes];
  if (fallback === undefined) return lose(call, "no fallback layer is set", all);
  call.step(`fallback: to layer ${fallback}`, "bad", { notes: all });
  return { layer: fallback };
}

async function announce(
  call: IvrCall,
  { parts, language, next, nextIfFailed, notes }: DecisionOf<"say">,
  layer: Layer,
  tone: Tone,
): Promise<Next> {
  const said = parts.map((part) => ({ part, heard: say(part, language) }));
  const unsaid = said.find(({ heard }) => heard === undefined)?.part;
  if (unsaid !== undefined) {
    const all: Note[] = [
      { text: `${unsaid.RecordType} ${JSON.stringify(unsaid.Content)} cannot be said.`, tone: "bad" },
      ...notes,
    ];
    const to = nextIfFailed ?? layer.fallback;
    if (to === undefined) return lose(call, "the announcement fails, and no layer is set for that", all);
    call.step(`the announcement fails: to layer ${to}`, "bad", { notes: all });
    return { layer: to };
  }
  const text = said
    .map(({ heard }) => heard?.spoken)
    .filter(Boolean)
    .join(". ");
  call.step(`the caller hears: ${said.map(({ heard }) => heard?.shown).join(", ")}`, tone, {
    notes,
    speech: { text, language: languageTag(language) },
  });
  call.enterPhase({ kind: "saying" });
  await call.seconds(call.speechSeconds(text));
  call.step(`on to layer ${next}`, "quiet");
  return { layer: next };
}

async function dial(
  call: IvrCall,
  { targets, ringS, talkS, nextIfFaulty, record, callerId, notes }: DecisionOf<"dial">,
  tone: Tone,
): Promise<Next> {
  const settings: Note = {
    text: `Shows ${callerId}, rings ${ringS} s, talks up to ${talkS} s, ${record ? "recorded" : "not recorded"}.`,
    tone: "info",
  };
  const several: Note[] =
    targets.length > 1
      ? [
          {
            text: "The document does not say whether several targets ring at once. Here all ring; the first that answers has the call.",
            tone: "info",
          },
        ]
      : [];
  call.step(`dials ${targets.map(({ type, target }) => `${type.toLowerCase()} ${target}`).join(", ")}`, tone, {
    notes: [settings, ...several, ...notes],
  });
  call.move(`ringing ${targets.map(({ target }) => target).join(", ")}`);
  const result = await call.dial(targets, ringS);
  if (result.kind === "faulty") {
    call.step(`the destination is faulty: to layer ${nextIfFaulty}`, "warn");
    return { layer: nextIfFaulty };
  }
  if (result.kind === "unanswered") {
    const text =
      "NEXT_VO_ID is for faults only; what follows a busy or unanswered phone is not documented. The simulator ends the call.";
    call.step("nobody answers", "warn", { notes: [{ text, tone: "info" }] });
    call.end("nobody answered");
    return "nowhere";
  }
  call.step(`${result.target} answers`, "good");
  call.move(`talking to ${result.target}`);
  await call.talk(result.target, talkS);
  call.step(`the longest talk time of ${talkS} s has passed`, "quiet");
  call.end("the talk time is over");
  return "nowhere";
}

/** What a plain layer does with the call. */
const FINISH: Readonly<Record<Ending, (call: IvrCall, target: string) => Next>> = {
  layer: (_, target) => ({ layer: Number(target) }),
  queue: (call, target) => rest(call, `waits in queue ${target}`, `in queue ${target}`),
  call: (call, target) => rest(call, `rings extension ${target}`, `at extension ${target}`),
  hangup: (call) => {
    call.step("the platform ends the call", "quiet");
    call.end("ended by the IVR");
    return "nowhere";
  },
};

function rest(call: IvrCall, title: string, place: string): Next {
  call.step(title, "good");
  call.move(place);
  call.enterPhase({ kind: "queue" });
  return "nowhere";
}
