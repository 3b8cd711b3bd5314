/** The answer to a SmartRouting request (HTTP Integrator Guide, "SmartRouting Response"). Runs in the editor too. */
import { type ContactCenterError, type ErrorParams, refused } from "./errors.js";
import { isBlank, isBlankText, plainInteger } from "../core/values.js";
import { ANSWER_FIELDS, type AnswerField, type AnswerFieldName, DISCONNECT, type FieldKind } from "./tables.js";

/** Values by field; undefined, null, empty text and an empty list count as not set. */
export type AnswerValues = Partial<Record<AnswerFieldName, unknown>>;

/** What a target is, as far as its form tells. */
export type TargetKind = "disconnect" | "guid" | "email" | "number" | "other";

/** Learns of a value that was left out of the answer, and why. */
export type Report = (problem: ContactCenterError, effect: "left-out") => void;

const ignore: Report = () => undefined;

/** The vendor's word, also without its colon: in the guide's sentence that reads like punctuation. */
const DISCONNECT_WORD = /^disconnect:?$/i;

/** Tells what kind of target a text is: the guide knows numbers, GUIDs and user names (e-mail addresses). */
export function targetKind(target: string): TargetKind {
  if (DISCONNECT_WORD.test(target)) return "disconnect";
  if (/^\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i.test(target)) return "guid";
  if (/^[^\s@]+@[^\s@]+$/.test(target)) return "email";
  return /^\+?\d+$/.test(target) ? "number" : "other";
}

/**
 * Builds the body of the answer.
 * @param values only what is set is sent, as the guide demands; there are no defaults. Text of blanks only, as a search
 *   without a result gives it, is left out
 * @param report learns of what was left out
 * @returns the body, or undefined when nothing is set: then the answer is 204 without a body
 * @throws ContactCenterError `EINVALID` that names the field
 */
export function answerBody(values: AnswerValues, report: Report = ignore): Record<string, unknown> | undefined {
  const body: Record<string, unknown> = {};
  for (const field of ANSWER_FIELDS) {
    const value = values[field.name];
    if (isBlank(value)) continue;
    if (typeof value === "string" && value.trim() === "") {
      report(wrong("blank", field, value), "left-out");
      continue;
    }
    const checked = checkValue(field, value);
    if (checked !== undefined) body[field.name] = checked;
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

/** The check of each kind: returns what is sent, undefined when that is nothing. */
const CHECKS: Record<FieldKind, (value: unknown, field: AnswerField) => unknown> = {
  "any-target": (value, field) => target(value, field, field.name === "InitialTarget"),
  "user-target": (value, field) => target(value, field, false),
  "user-targets": (value, field) => {
    if (typeof value !== "string" && typeof value !== "number" && !Array.isArray(value))
      throw wrong("list", field, value);
    const items: unknown[] = Array.isArray(value) ? value : String(value).split(/[,;]/);
    const filled = items.filter((item) => !isBlankText(item));
    return filled.length === 0 ? undefined : filled.map((item) => target(item, field, false));
  },
  integer: (value, field) => {
    const number = plainInteger(value);
    const [low, high] = field.range ?? [-Infinity, Infinity];
    if (number === undefined || number < low || number > high) throw wrong("integer", field, value, { low, high });
    return number;
  },
  text: (value, field) => requiredText(value, field),
};

function requiredText(value: unknown, field: AnswerField): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  throw wrong("text", field, value);
}

function target(value: unknown, field: AnswerField, mayDisconnect: boolean): string {
  const text = requiredText(value, field).trim();
  // Neither a number nor a GUID nor a user name has a blank or an invisible mark in it.
  if (text === "" || /[\s\p{C}]/u.test(text)) throw wrong("target", field, value);
  if (mayDisconnect && DISCONNECT_WORD.test(text)) return DISCONNECT;
  if (/^disconnect(?::|$)/i.test(text)) throw wrong("disconnect", field, value);
  return text;
}

function wrong(problem: string, field: AnswerField, value: unknown, params: ErrorParams = {}): ContactCenterError {
  const cause = { vendor: "enreach", operation: "SmartRouting response", field: field.name } as const;
  return refused(`smartrouting.errors.${problem}`, cause, {
    ...params,
    type: Array.isArray(value) ? "list" : typeof value,
  });
}
