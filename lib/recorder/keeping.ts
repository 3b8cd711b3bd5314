/**
 * What is kept of nodes that reach outside, at level `values` and in memory alone: what they were asked, and what they sent
 * on or failed with. It is what a replay and a scenario put in their place, as it was: with numbers.
 */
import { isLonger } from "./length.js";

/** Characters of one message; a longer one is not kept. */
const LONGEST_MESSAGE = 500_000;
/** The same of an error's sentence. */
const LONGEST_FAILURE = 4000;
/** Properties that a message has of its own in each run, or that are no data. */
const NOT_KEPT: ReadonlySet<string> = new Set(["_msgid", "_webhook", "req", "res", "replay"]);

/** The properties of a message, each as JSON. */
export type Texts = ReadonlyMap<string, string>;

/** A message that a node sent on: what it changed. */
export interface Sent {
  /** The output, from 0. */
  readonly port: number;
  /** Milliseconds after the node got its message. */
  readonly afterMs: number;
  readonly changed: Texts;
  readonly removed: readonly string[];
}

/** How a node failed. */
export interface Failure {
  message: string;
  code?: string | number;
}

/** What a node did with one message. */
export interface Asked {
  readonly node: string;
  /** As `performance.now()` has it. */
  readonly at: number;
  /** What came to it; undefined when that cannot be kept. */
  readonly arrived: Texts | undefined;
  readonly sent: Sent[];
  error: (Failure & { afterMs: number }) | undefined;
  /** Something of it cannot be kept: it is too long, or no data. */
  isIncomplete: boolean;
}

/** A message comes to a node. */
export function ask(node: string, message: object): Asked {
  const arrived = textsOf(message);
  return { node, at: performance.now(), arrived, sent: [], error: undefined, isIncomplete: !arrived };
}

/** The node sends a message on. @param port the output, from 0 */
export function send(asked: Asked, port: number, message: object): void {
  const texts = asked.arrived && textsOf(message);
  if (!asked.arrived || !texts) {
    asked.isIncomplete = true;
    return;
  }
  const { arrived } = asked;
  asked.sent.push({
    port,
    afterMs: performance.now() - asked.at,
    changed: new Map([...texts].filter(([name, text]) => arrived.get(name) !== text)),
    removed: [...arrived.keys()].filter((name) => !texts.has(name)),
  });
}

/** The node fails. The first report of it counts. */
export function fail(asked: Asked, failure: Failure): void {
  asked.error ??= { ...failure, afterMs: performance.now() - asked.at };
}

/** What an error says, whichever kind of value it is. */
export function failureOf(error: unknown): Failure {
  const { message = String(error), code } = (error ?? {}) as { message?: unknown; code?: unknown };
  return {
    message: String(message).slice(0, LONGEST_FAILURE),
    ...((typeof code === "string" || typeof code === "number") && { code }),
  };
}

/** Bytes that it takes in memory, about. */
export function bytesOf({ arrived, sent }: Asked): number {
  return [arrived, ...sent.map(({ changed }) => changed)]
    .flatMap((texts) => [...(texts ?? [])])
    .reduce((sum, [name, text]) => sum + 2 * (name.length + text.length), 0);
}

/** Properties as values again. Node-RED's messages have Buffers, which JSON writes as lists. */
export function valuesOf(texts: Texts): Record<string, unknown> {
  return Object.fromEntries([...texts].map(([name, text]) => [name, JSON.parse(text, revived) as unknown]));
}

/** Whether a property is, or has, what only Node.js knows, and no file of JSON. */
export function hasBuffer(texts: Texts): boolean {
  return [...texts.values()].some((text) => text.includes('{"type":"Buffer","data":['));
}

/** Undefined when it is too long, or cannot be written. */
function textsOf(message: object): Texts | undefined {
  const texts = new Map<string, string>();
  let length = 0;
  try {
    for (const [name, value] of Object.entries(message)) {
      if (NOT_KEPT.has(name)) continue;
      if (isLonger(value, LONGEST_MESSAGE - length)) return undefined;
      const text = JSON.stringify(value) as string | undefined;
      if (text === undefined) continue;
      length += text.length;
      if (length > LONGEST_MESSAGE) return undefined;
      texts.set(name, text);
    }
  } catch {
    return undefined;
  }
  return texts;
}

function revived(_: string, value: unknown): unknown {
  const { type, data } = (value ?? {}) as { type?: unknown; data?: unknown };
  return type === "Buffer" && Array.isArray(data) ? Buffer.from(data as number[]) : value;
}
