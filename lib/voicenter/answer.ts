/** The answer to an external layer's request (External Layer API, "Client Response", "Say Method", "Dial Method"). Runs in the editor too. */
import { ContactCenterError, refused } from "./errors.js";
import { isBlank, plainText } from "../core/values.js";
import { CHECKS, type Report } from "./checks.js";
import { type Action, ACTION_FIELDS, ACTIONS, type AnswerField, type AnswerFieldName, fieldsOf } from "./tables.js";

/** Values by field; undefined, null and empty text count as not set. */
export type AnswerValues = Partial<Record<AnswerFieldName, unknown>>;

/** What is sent where nothing is set and the document knows a default: calls are not recorded, and CUSTOM_DATA of a DIAL may not be missing. */
export const DOCUMENTED_DEFAULTS: AnswerValues = { RECORDING: "no", CUSTOM_DATA: {} };

/** True where an answer cannot be sent without the field: the document requires it and knows no default. */
export const isNeeded = (action: Action, field: AnswerFieldName): boolean =>
  action !== "ERROR" && ACTION_FIELDS[action][field] === "required" && DOCUMENTED_DEFAULTS[field] === undefined;

/** True where a field that cannot be used loses the route: all that the document requires, but the caller's own data. */
export const isRoute = (action: Action, field: AnswerFieldName): boolean =>
  action !== "ERROR" && ACTION_FIELDS[action][field] === "required" && field !== "CUSTOM_DATA";

/** The body that sends the caller to the fallback layer of the IVR's own settings. */
export const ERROR_BODY = { STATUS: 1 } as const;

const ignore: Report = () => undefined;

/**
 * Reads an action; `SAY`, the name in one of the document's tables, is `SAY_DIGITS`.
 * @returns undefined when it is none
 */
export function readAction(value: unknown): Action | undefined {
  const name = plainText(value)?.trim().toUpperCase();
  return name === "SAY" ? "SAY_DIGITS" : ACTIONS.find((action) => action === name);
}

/**
 * Builds the body of an answer. What cannot be used and is not needed for the route, such as a name without letters, is
 * left out or cut: the caller is not to lose the layer because of it.
 * @param action what the IVR shall do
 * @param values what is set; what the action has no field for is left out
 * @param report learns of each value that was left out or cut
 * @param label what a form calls a field
 * @throws ContactCenterError `EINVALID` that names the field, or every field that is missing
 */
export function answerBody(
  action: Action,
  values: AnswerValues,
  report: Report = ignore,
  label: (field: AnswerFieldName) => string = (field) => field,
): Record<string, unknown> {
  if (action === "ERROR") return { ...ERROR_BODY };
  const missing = fieldsOf(action).flatMap(({ name }) => (isNeeded(action, name) && isBlank(values[name]) ? name : []));
  if (missing.length > 0)
    throw refused(
      "voicenter.errors.missing",
      { vendor: "voicenter", operation: action, field: missing.join(", ") },
      { action, fields: missing.map(label).join(", ") },
    );
  const body: Record<string, unknown> = { STATUS: 0, ACTION: action };
  for (const field of fieldsOf(action)) {
    const isRequired = ACTION_FIELDS[action][field.name] === "required";
    const given = values[field.name];
    const read = isBlank(given)
      ? undefined
      : isRoute(action, field.name)
        ? checkValue(field, given)
        : usable(field, given, report);
    const value = read ?? (isRequired ? DOCUMENTED_DEFAULTS[field.name] : undefined);
    if (value !== undefined) body[field.name] = value;
  }
  return body;
}

/**
 * Checks one value that is set.
 * @param report learns of what was left out of the value or cut
 * @returns what is sent
 * @throws ContactCenterError `EINVALID` that names the field
 */
export function checkValue(field: AnswerField, value: unknown, report: Report = ignore): unknown {
  return CHECKS[field.kind](value, field.name, report);
}

/** What is sent of a value that the route does not need; undefined when it cannot be used, which is reported. */
function usable(field: AnswerField, value: unknown, report: Report): unknown {
  try {
    return checkValue(field, value, report);
  } catch (error) {
    if (!(error instanceof ContactCenterError)) throw error;
    report(error, "left-out");
    return undefined;
  }
}
