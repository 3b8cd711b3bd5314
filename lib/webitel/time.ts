/** Times as Webitel wants them: Unix milliseconds. Free of node builtins: the editor shows its example dates with this code. */
import { SECONDS_BELOW } from "./tables.js";

const CLOCK = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?`;
const ISO = new RegExp(String.raw`^(\d{4})-(\d{2})-(\d{2})[T ]${CLOCK}\s*(Z|[+-]\d{2}:?\d{2})?$`, "i");
const DAY_FIRST = new RegExp(String.raw`^(\d{1,2})\.(\d{1,2})\.(\d{4})\s+${CLOCK}$`);
/** A spreadsheet's days since 30 December 1899, from 2001 to 2118; as seconds they would all be in 1970. */
const SERIAL = { from: 36_892, to: 80_000, epochMs: Date.UTC(1899, 11, 30) };
const DAY_MS = 86_400_000;
/** A day is never longer than this, with every change of the clock. */
const LONGEST_DAY_MS = 27 * 3_600_000;

/** Kiritimati is 14 hours ahead, and ships near the date line are 12 behind. */
const EAST_MINUTES = 14 * 60;
const WEST_MINUTES = 12 * 60;

/** What a clock on the wall shows: year, month (1 to 12), day, hour, minute, second, milliseconds. */
type WallTime = [year: number, month: number, day: number, hour: number, minute: number, second: number, ms: number];

/**
 * Reads a time.
 * @param value a Date, Unix milliseconds, Unix seconds (below 10^11; 0 stays 0 = never), the same as text, or ISO 8601 with a zone
 * @param zone IANA name; with it also ISO 8601 without a zone, `dd.mm.yyyy hh:mm` and a spreadsheet's serial days, as times of this zone
 * @returns Unix milliseconds, or undefined when it is no time
 */
export function toMillis(value: unknown, zone?: string): number | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime();
  const text = typeof value === "string" ? value.trim() : "";
  const iso = ISO.exec(text);
  if (iso) {
    const utc = utcOf(wallTime(iso[1], iso[2], iso[3], iso.slice(4, 8)));
    if (iso[8] === undefined) return zone === undefined ? undefined : fromZone(utc, zone);
    const offset = offsetOf(iso[8]);
    return utc === undefined || offset === undefined ? undefined : utc - offset * 60_000;
  }
  const dayFirst = DAY_FIRST.exec(text);
  if (dayFirst && zone !== undefined)
    return fromZone(utcOf(wallTime(dayFirst[3], dayFirst[2], dayFirst[1], dayFirst.slice(4, 8))), zone);
  const number =
    typeof value === "number" || typeof value === "bigint"
      ? Number(value)
      : /^\d+([.,]\d+)?$/.test(text)
        ? Number(text.replace(",", "."))
        : NaN;
  if (!Number.isFinite(number) || number < 0) return undefined;
  if (zone !== undefined && number >= SERIAL.from && number < SERIAL.to)
    return fromZone(SERIAL.epochMs + Math.round(number * 86_400) * 1000, zone);
  return Math.round(number < SECONDS_BELOW ? number * 1000 : number);
}

function wallTime(year = "", month = "", day = "", clock: readonly (string | undefined)[]): WallTime {
  const [hour, minute, second = "0", fraction = "0"] = clock;
  return [+year, +month, +day, +(hour ?? 0), +(minute ?? 0), +second, Math.floor(+`0.${fraction}` * 1000)];
}

/** The same numbers as a time in UTC; undefined for a day or an hour that does not exist. */
function utcOf([year, month, day, hour, minute, second, ms]: WallTime): number | undefined {
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second, ms));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : undefined;
}

/** Minutes east of Greenwich; undefined for an offset that no clock has. */
function offsetOf(zone: string): number | undefined {
  const [, sign, hours = "0", minutes = "0"] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  const offset = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  return Number(minutes) > 59 || offset > EAST_MINUTES || offset < -WEST_MINUTES ? undefined : offset;
}

/** Clocks of the zones that were asked for: making one is slow. */
const clocks = new Map<string, Intl.DateTimeFormat>();

/** What was found before, by zone and quarter of an hour: clocks change at quarters only. */
const offsets = new Map<string, number>();
const QUARTER_MS = 900_000;
const MAX_OFFSETS = 10_000;

/** What a zone's clock is ahead of UTC at a time, in milliseconds. */
function aheadOf(zone: string, ms: number): number {
  const key = `${zone} ${Math.floor(ms / QUARTER_MS)}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  if (offsets.size >= MAX_OFFSETS) offsets.clear();
  const ahead = findAhead(zone, ms);
  offsets.set(key, ahead);
  return ahead;
}

function findAhead(zone: string, ms: number): number {
  const clock =
    clocks.get(zone) ??
    new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  clocks.set(zone, clock);
  const parts = new Map(clock.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = (
    ["year", "month", "day", "hour", "minute", "second"] as const
  ).map((part) => parts.get(part));
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
}

/** The time at which a zone's clock shows these numbers; of two such times the first, of none the one an hour later. */
function fromZone(utc: number | undefined, zone: string): number | undefined {
  if (utc === undefined) return undefined;
  const before = utc - aheadOf(zone, utc - DAY_MS);
  const after = utc - aheadOf(zone, utc + DAY_MS);
  const isRight = (ms: number): boolean => ms + aheadOf(zone, ms) === utc;
  return isRight(before) || !isRight(after) ? before : after;
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
