/** Log lines that messages and requests can cause: one per thing and minute, printable, at most 200 characters. */
import type { Node } from "node-red";

const MINUTE_MS = 60_000;
const LONGEST_LINE = 200;
/** Things that are remembered per node; the oldest is forgotten first. */
const REMEMBERED_THINGS = 100;

const warnedAt = new WeakMap<Node, Map<string, number>>();

/**
 * Makes a text fit for one line of a log: control characters become escapes such as `\u000a`, a long text is cut.
 * @param text what was said, perhaps with parts from outside
 */
export function logLine(text: string): string {
  // Control characters, and the marks that change the direction or the line of a text.
  const printable = text.replaceAll(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return printable.length <= LONGEST_LINE ? printable : `${printable.slice(0, LONGEST_LINE - 1)}…`;
}

/**
 * Warns, unless the node has warned of the same thing within the last minute.
 * @param thing what the warning is about, such as a field's name; not the text, which may differ each time
 */
export function warnOncePerMinute(node: Node, thing: string, text: string): void {
  const times = warnedAt.get(node) ?? new Map<string, number>();
  warnedAt.set(node, times);
  const now = Date.now();
  const last = times.get(thing);
  if (last !== undefined && now - last < MINUTE_MS) return;
  times.delete(thing);
  times.set(thing, now);
  if (times.size > REMEMBERED_THINGS) times.delete(times.keys().next().value as string);
  node.warn(logLine(text));
}
