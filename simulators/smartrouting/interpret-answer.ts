/**
 * What the platform makes of an answer, in words. Vendor guide, "SmartRouting Response": 200 with instructions, 204 for
 * "proceed normally"; whatever else comes is not documented, and the call is expected to follow the default routing.
 */
import { ANSWER_FIELDS, type AnswerField, DISCONNECT, type FieldKind } from "../../lib/smartrouting/tables.js";
import { type Exchange, type Note, explained, remedies, type Tone } from "../caller/conversation.js";
import { isObject } from "../values.js";
import { findMember, nameTarget, type TargetKind } from "./directory.js";
import type { Member } from "./state.js";

/** The decision, in words. */
export interface Meaning {
  /** One line such as `to queue VIP service (+3589…), one agent required: Anna Berg`. */
  title: string;
  tone: Tone;
  notes: Note[];
  /** The call is over when its announcement has been played. */
  disconnect: boolean;
  /** What the caller hears before anything else. */
  prompt?: string;
}

/** The keys of an answer that passed their checks. */
interface Instructions {
  InitialTarget?: string;
  FailTarget?: string;
  RequiredTarget?: string;
  AllocationTargets?: string[];
  Priority?: number;
  ExtraPriority?: number;
  CustomTTS?: string;
  CustomMSI?: string;
}

const FIELDS: readonly AnswerField[] = ANSWER_FIELDS;
/** The headers that the phone sends a credential in. */
const CREDENTIALS = /^(?:authorization|x-benemen-apikey)$/i;
const CHOOSE = "choose it under More, Authentication, and compare it with the node's.";

/** How a value is checked: `undefined` when it is right, else what is wrong with it. */
type Check = (value: unknown, directory: readonly Member[], range?: readonly [number, number]) => string | undefined;

const target =
  (kind: TargetKind): Check =>
  (value, directory) => {
    if (typeof value !== "string") return "is not a text";
    if (value !== value.trim() || /\s/.test(value))
      return `is ${JSON.stringify(value)}: no number, GUID or user name has a blank in it`;
    if (/^disconnect(?::|$)/i.test(value) && (kind === "agent" || value !== DISCONNECT))
      return `is ${JSON.stringify(value)}, but a call is ended by ${JSON.stringify(DISCONNECT)} as InitialTarget only`;
    return kind === "agent" && findMember(directory, value)?.kind === "queue"
      ? `names a queue (${value}), but only an agent can stand here`
      : undefined;
  };

/** Names and ranges come from the pack's table. Values have checks of their own here, so that a fault of the node shows. */
const CHECKS: Readonly<Record<FieldKind, Check>> = {
  "any-target": target("any"),
  "user-target": target("agent"),
  "user-targets": (value, directory) => {
    if (!Array.isArray(value)) return "is not a list";
    return value.map((item) => target("agent")(item, directory)).find((wrong) => wrong !== undefined);
  },
  integer: (value, _, [from, to] = [-Infinity, Infinity]) =>
    Number.isInteger(value) && (value as number) >= from && (value as number) <= to
      ? undefined
      : `is ${JSON.stringify(value)}, not an integer from ${from} to ${to}`,
  text: (value) => (typeof value === "string" ? undefined : "is not a text"),
};

/**
 * @param exchange the completed exchange
 * @param directory whom targets can mean
 * @param defaultQueue where the call goes when nothing is changed, in words
 */
export function readExchange(exchange: Exchange, directory: readonly Member[], defaultQueue: string): Meaning {
  const standard = (why: string, tone: Tone, notes: Note[] = []): Meaning => ({
    title: `default routing: ${defaultQueue}`,
    tone,
    notes: [{ text: why, tone }, ...notes],
    disconnect: false,
  });
  const { answer, failure } = exchange;
  const isSent = Object.keys(exchange.headers).some((name) => CREDENTIALS.test(name));
  const help = remedies(exchange, isSent ? "this one is not it. Compare kind and text with the node's." : CHOOSE);
  if (answer === undefined) {
    const why =
      failure === "timeout" ? "The flow did not answer in time." : `The webhook was not reached (${failure}).`;
    return standard(why, "bad", help);
  }
  if (answer.status === 204) return standard("204: the flow changes nothing.", "good", explained(exchange));
  if (answer.status !== 200) return standard(`Status ${answer.status} is no documented answer.`, "bad", help);
  const body = parse(answer.body);
  if (body === undefined) return standard("The body is not a JSON object.", "bad");
  const notes: Note[] = [];
  if (!/^application\/json\b/i.test(answer.contentType))
    notes.push({ text: "The answer should say Content-Type: application/json.", tone: "warn" });
  const set = instructions(body, directory, notes);
  if (Object.keys(set).length === 0)
    return standard("200 without any instruction: 204 is the documented answer.", "warn", notes);
  return describe(set, directory, defaultQueue, notes);
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The keys that are set and right. What is wrong becomes a remark: the guide does not say what the platform does with it. */
function instructions(body: Record<string, unknown>, directory: readonly Member[], notes: Note[]): Instructions {
  const set: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(body)) {
    const field = FIELDS.find(({ name }) => name === key);
    if (field === undefined) {
      const meant = FIELDS.find(({ name }) => name.toLowerCase() === key.toLowerCase())?.name;
      notes.push({
        text:
          meant === undefined ? `${key} is no key of an answer: ignored.` : `${key} must be written ${meant}: ignored.`,
        tone: "warn",
      });
    } else if (value !== null && value !== "") {
      const wrong = CHECKS[field.kind](value, directory, field.range);
      if (wrong === undefined) set[key] = value;
      else notes.push({ text: `${key} ${wrong}: expect it to be ignored.`, tone: "bad" });
    }
  }
  return set;
}

function describe(
  set: Instructions,
  directory: readonly Member[],
  defaultQueue: string,
  notes: readonly Note[],
): Meaning {
  const name = (target: string, kind: TargetKind = "any"): string => nameTarget(directory, target, kind);
  const {
    InitialTarget,
    FailTarget,
    RequiredTarget,
    AllocationTargets: preferred = [],
    Priority,
    ExtraPriority,
    CustomTTS,
    CustomMSI,
  } = set;
  const disconnect = InitialTarget === DISCONNECT;
  const parts = [
    disconnect
      ? "the call is ended"
      : InitialTarget === undefined
        ? `default routing: ${defaultQueue}`
        : `to ${name(InitialTarget)}`,
  ];
  const said: Note[] = [];
  if (RequiredTarget !== undefined) {
    parts.push(`one named agent required: ${name(RequiredTarget, "agent")}`);
    said.push({ text: "The call waits or overflows while this agent is not available.", tone: "info" });
  }
  if (preferred.length > 0) {
    parts.push(`preferred: ${preferred.map((each) => name(each, "agent")).join(", ")}`);
    said.push({ text: "Other agents get the call when none of the preferred ones is available.", tone: "info" });
  }
  if (Priority !== undefined) parts.push(`priority ${Priority}`);
  if (ExtraPriority !== undefined)
    parts.push(`queue priority ${ExtraPriority < 0 ? "−" : "+"} ${Math.abs(ExtraPriority)}`);
  if (Priority !== undefined && ExtraPriority !== undefined)
    said.push({ text: "Priority together with ExtraPriority is not documented.", tone: "warn" });
  if (FailTarget !== undefined) said.push({ text: `If it is not taken there: ${name(FailTarget)}.`, tone: "info" });
  if (CustomMSI !== undefined) said.push({ text: `Billing definition: ${CustomMSI}`, tone: "info" });
  const targets = [disconnect ? undefined : InitialTarget, FailTarget, RequiredTarget, ...preferred];
  const unknown = targets.filter((each) => each !== undefined && findMember(directory, each) === undefined);
  said.push(
    ...unknown.map((each): Note => ({ text: `The simulator's directory does not know ${each}.`, tone: "warn" })),
  );
  return {
    title: parts.join("; "),
    tone: notes.some(({ tone }) => tone === "bad") ? "warn" : disconnect ? "info" : "good",
    notes: [...said, ...notes],
    disconnect,
    ...(CustomTTS !== undefined && { prompt: CustomTTS }),
  };
}
