/** Log lines that messages and requests can cause: one per thing and minute, printable, at most 200 characters. */
import type { Node, NodeAPI } from "node-red";
import type { ContactCenterError } from "../../lib/core/errors.js";
import { escaped } from "../../lib/core/escapes.js";
import { localize } from "./input.js";

const MINUTE_MS = 60_000;
const LONGEST_LINE = 200;
/** The longest name from outside within a line, in characters. */
export const LONGEST_NAME = 60;
/** Things that a node warns about within a minute; more are not logged, so that nobody can fill the log with new names. */
const THINGS_PER_MINUTE = 100;

/** What warns: a node, or Node-RED's own log. */
interface Warner {
  warn(text: string): void;
}

const warnedAt = new WeakMap<Warner, Map<string, number>>();

/**
 * Makes a text fit for one line of a log: control characters become escapes such as `\u000a`, a long text is cut.
 * @param text what was said, perhaps with parts from outside
 * @param limit characters
 */
export function logLine(text: string, limit: number = LONGEST_LINE): string {
  // Control characters, and the marks that change the direction or the line of a text.
  const printable = text.slice(0, limit + 1).replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, escaped);
  return printable.length <= limit ? printable : `${printable.slice(0, limit - 1)}…`;
}

/**
 * Makes what warns of values that were left out of an answer or cut, each field once per minute.
 * @returns takes why a value cannot be sent as it is, and what was done with it
 */
export function answerReport(
  RED: NodeAPI,
  node: Node,
): (problem: ContactCenterError, effect: "left-out" | "cut") => void {
  return (problem, effect) => {
    // One line for a field, however many of its items are concerned; and no time for the text of the others.
    const [field] = String(problem.cause.field).split(/[.[]/);
    const text = (): string => `${localize(RED, problem).message} ${RED._(`shared.webhook.${effect}`)}`;
    warnOncePerMinute(node, `${field} ${effect}`, text);
  };
}

/**
 * Warns, unless the same node or log has warned of the same thing within the last minute.
 * @param thing what the warning is about, such as a field's name; not the text, which may differ each time
 * @param text the warning, or what makes it when it is needed
 * @returns false when it has
 */
export function warnOncePerMinute(warner: Warner, thing: string, text: string | (() => string)): boolean {
  const times = warnedAt.get(warner) ?? new Map<string, number>();
  warnedAt.set(warner, times);
  // A clock that is set back would silence the node for as long.
  const now = performance.now();
  for (const [known, at] of times) {
    // A map keeps the order of insertion, so the first one that is young enough ends the search.
    if (now - at < MINUTE_MS) break;
    times.delete(known);
  }
  const key = thing.slice(0, LONGEST_LINE);
  if (times.has(key) || times.size >= THINGS_PER_MINUTE) return false;
  times.set(key, now);
  warner.warn(logLine(typeof text === "string" ? text : text()));
  return true;
}
