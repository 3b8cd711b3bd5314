/** The answer to a SmartRouting request (HTTP Integrator Guide, "SmartRouting Response"). Runs in the editor too. */
import { type ContactCenterError, refused } from "../core/errors.js";
import { plainInteger } from "../core/values.js";

/** What may stand in a field. */
export type FieldKind = "any-target" | "user-target" | "user-targets" | "integer" | "text";

/** One field of the answer. */
export interface AnswerField {
  /** The node's setting. */
  setting: string;
  /** The key that is sent. */
  vendorName: string;
  kind: FieldKind;
  /** Lowest and highest integer. */
  range?: readonly [number, number];
}

/** The body keys of the guide, complete. Names, checks, form and help derive from this table. */
export const ANSWER_FIELDS = [
  { setting: "initialTarget", vendorName: "InitialTarget", kind: "any-target" },
  { setting: "failTarget", vendorName: "FailTarget", kind: "any-target" },
  { setting: "requiredTarget", vendorName: "RequiredTarget", kind: "user-target" },
  { setting: "allocationTargets", vendorName: "AllocationTargets", kind: "user-targets" },
  { setting: "priority", vendorName: "Priority", kind: "integer", range: [0, 10_000] },
  { setting: "extraPriority", vendorName: "ExtraPriority", kind: "integer", range: [-10_000, 10_000] },
  { setting: "customTTS", vendorName: "CustomTTS", kind: "text" },
  { setting: "customMSI", vendorName: "CustomMSI", kind: "text" },
] as const satisfies readonly AnswerField[];

/** A setting of the answer. */
export type AnswerSetting = (typeof ANSWER_FIELDS)[number]["setting"];
/** Values by setting; undefined, null, empty text and an empty list count as not set. */
export type AnswerValues = Partial<Record<AnswerSetting, unknown>>;

/** The initial target that ends the call. */
export const DISCONNECT = "DISCONNECT:";

/** What a target is, as far as its form tells. */
export type TargetKind = "disconnect" | "guid" | "email" | "number" | "other";

/** Tells what kind of target a text is: the guide knows numbers, GUIDs and user names (e-mail addresses). */
export function targetKind(target: string): TargetKind {
  if (target === DISCONNECT) return "disconnect";
  if (/^\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i.test(target)) return "guid";
  if (/^[^\s@]+@[^\s@]+$/.test(target)) return "email";
  return /^\+?\d+$/.test(target) ? "number" : "other";
}

/**
 * Makes the body of the answer.
 * @param values what the flow sets; only this is sent, as the guide demands: no default of ours
 * @returns the body, or undefined when nothing is set: then the answer is 204 without a body
 * @throws ContactCenterError `EINVALID` that names the field
 */
export function answerBody(values: AnswerValues): Record<string, unknown> | undefined {
  const body: Record<string, unknown> = {};
  for (const field of ANSWER_FIELDS) {
    const value = values[field.setting];
    if (value === undefined || value === null || value === "") continue;
    const checked = checkValue(field, value);
    if (checked !== undefined) body[field.vendorName] = checked;
  }
  return Object.keys(body).length === 0 ? undefined : body;
}

/**
 * Checks one value that is set.
 * @returns what is sent; undefined when that is nothing, as for a list of blanks
 * @throws ContactCenterError `EINVALID` that names the field
 */
export function checkValue(field: AnswerField, value: unknown): unknown {
  return CHECKS[field.kind](value, field);
}

/** The check of each kind: gives what is sent, undefined when that is nothing. */
const CHECKS: Record<FieldKind, (value: unknown, field: AnswerField) => unknown> = {
  "any-target": (value, field) => target(value, field, field.setting === "initialTarget"),
  "user-target": (value, field) => target(value, field, false),
  "user-targets": (value, field) => {
    if (typeof value !== "string" && typeof value !== "number" && !Array.isArray(value))
      throw wrong("list", field, value);
    const items: unknown[] = Array.isArray(value) ? value : String(value).split(",");
    const filled = items.filter(
      (item) => item !== null && item !== undefined && !(typeof item === "string" && item.trim() === ""),
    );
    return filled.length === 0 ? undefined : filled.map((item) => target(item, field, false));
  },
  integer: (value, field) => {
    const number = plainInteger(value);
    const [low, high] = field.range ?? [-Infinity, Infinity];
    if (number === undefined || number < low || number > high) throw wrong("integer", field, value, { low, high });
    return number;
  },
  text: (value, field) => plainText(value, field),
};

function plainText(value: unknown, field: AnswerField): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  throw wrong("text", field, value);
}

function target(value: unknown, field: AnswerField, mayDisconnect: boolean): string {
  const text = plainText(value, field).trim();
  // Neither a number nor a GUID nor a user name has a blank in it.
  if (text === "" || /\s/.test(text)) throw wrong("target", field, value);
  if (text.toUpperCase() === DISCONNECT && !(mayDisconnect && text === DISCONNECT))
    throw wrong("disconnect", field, value);
  return text;
}

function wrong(
  problem: string,
  field: AnswerField,
  value: unknown,
  words: { low?: number; high?: number } = {},
): ContactCenterError {
  const cause = { vendor: "enreach", operation: "SmartRouting response", field: field.vendorName } as const;
  return refused(`smartrouting.errors.${problem}`, cause, {
    ...words,
    type: Array.isArray(value) ? "list" : typeof value,
  });
}
