/** Times as Webitel wants them: Unix milliseconds. Free of node builtins: the editor shows its example dates with this code. */
import { SECONDS_BELOW } from "./tables.js";

const ISO_WITH_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})$/i;
/** A day is never longer than this, with every change of the clock. */
const LONGEST_DAY_MS = 27 * 3_600_000;

/**
 * Reads a time.
 * @param value Unix milliseconds, Unix seconds (below 10^11; 0 stays 0 = never), the same as text, or ISO 8601 with a zone
 * @returns Unix milliseconds, or undefined when it is no time
 */
export function toMillis(value: unknown): number | undefined {
  const text = typeof value === "string" ? value.trim() : value;
  if (typeof text === "string" && ISO_WITH_ZONE.test(text)) {
    const ms = Date.parse(text.replace(" ", "T").replace(/\s+/g, ""));
    return Number.isNaN(ms) ? undefined : ms;
  }
  const number =
    typeof text === "number" ? text : typeof text === "string" && /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (!Number.isFinite(number) || number < 0) return undefined;
  return Math.round(number < SECONDS_BELOW ? number * 1000 : number);
}

function dayIn(zone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  return (ms) => format.format(ms);
}

/** True when this is a time zone that the runtime knows, such as `Europe/Kyiv`. */
export function isTimeZone(zone: string): boolean {
  try {
    dayIn(zone);
    return true;
  } catch {
    return false;
  }
}

/** The machine's own time zone. */
export function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/**
 * The last millisecond of the day that it is now in a time zone, whatever the clock does on that day.
 * @param nowMs Unix milliseconds
 * @param zone IANA name
 * @throws RangeError when the runtime does not know the zone
 */
export function endOfDay(nowMs: number, zone: string): number {
  const day = dayIn(zone);
  const today = day(nowMs);
  let inside = nowMs;
  let outside = nowMs + LONGEST_DAY_MS;
  while (outside - inside > 1) {
    const middle = Math.floor((inside + outside) / 2);
    if (day(middle) === today) inside = middle;
    else outside = middle;
  }
  return inside;
}
