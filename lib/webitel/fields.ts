/** Values of a request, checked before anything is sent. Nothing is clamped or guessed. */
import { refused } from "./errors.js";
import { INT32_MAX, isBlank, isRecord, plainText, textOf, withoutMap } from "../core/values.js";
import { EARLIEST_MS, type RequestField } from "./tables.js";
import { toMillis } from "./time.js";

type Kind = RequestField["kind"] | "time";

const asText = (value: unknown): string | undefined =>
  typeof value === "bigint" ? String(value) : plainText(value)?.trim();

/** The values as text, dates as ISO 8601, objects as JSON; absent ones are left out. */
export function asTexts(values: Record<string, unknown>): Record<string, string> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(present.map(([name, value]) => [name, textOf(value)]));
}

function int32(value: unknown): number | undefined {
  const text = asText(value) ?? "";
  return /^-?\d{1,10}$/.test(text) && Math.abs(Number(text)) <= INT32_MAX ? Number(text) : undefined;
}

/** One reader per kind; undefined means that the value is not of that kind. */
const READERS: Record<Kind, (value: unknown) => unknown> = {
  text: (value) => asText(value) || undefined,
  // 64-bit: text all the way. A number beyond 2^53 has lost digits already.
  id: (value) =>
    typeof value === "number" && !Number.isSafeInteger(value)
      ? undefined
      : /^[1-9]\d{0,18}$/.exec(asText(value) ?? "")?.[0],
  integer: int32,
  natural(value) {
    const number = int32(value);
    return number !== undefined && number >= 0 ? number : undefined;
  },
  bool: (value) =>
    value === true || value === "true" ? true : value === false || value === "false" ? false : undefined,
  time(value) {
    const ms = toMillis(value);
    // 0 is never; a day of a spreadsheet would be a moment in 1970.
    return ms === undefined || (ms !== 0 && ms < EARLIEST_MS) ? undefined : String(ms);
  },
  texts(given) {
    const value = withoutMap(given);
    return isRecord(value) ? asTexts(value) : undefined;
  },
};

/**
 * Reads one value.
 * @param operation the vendor's name of the request
 * @param field the setting or property that the integrator knows
 * @throws ContactCenterError `EINVALID` that says what was expected
 */
export function readValue(operation: string, field: string, kind: Kind, value: unknown): unknown {
  const read = READERS[kind](value);
  if (read === undefined) throw refused(`webitel.errors.field.${kind}`, { vendor: "webitel", operation, field });
  return read;
}

/** Reads the values that are present, by the vendor's names. */
export function readValues(
  operation: string,
  fields: readonly RequestField[],
  values: Partial<Record<string, unknown>>,
): Record<string, unknown> {
  const present = fields.filter(({ setting }) => !isBlank(values[setting]));
  return Object.fromEntries(
    present.map(({ setting, vendorName, kind }) => [vendorName, readValue(operation, setting, kind, values[setting])]),
  );
}

/** A value that the vendor requires. */
export function required(operation: string, field: string): ReturnType<typeof refused> {
  return refused("webitel.errors.field.missing", { vendor: "webitel", operation, field });
}
