/** POST /calls (3.): from settings to the request's body. */
import { readValues, required } from "./fields.js";
import { CALL_CHOICES, CALL_FIELDS } from "./tables.js";
import { refused } from "../core/errors.js";

const OPERATION = "CreateCall";

/** Settings and message properties by setting name. */
export type CallValues = Partial<
  Record<(typeof CALL_FIELDS)[number]["setting"] | (typeof CALL_CHOICES)[number]["setting"], unknown>
>;

type Fields = Record<string, unknown>;
const fieldsOf = (value: unknown): Fields =>
  value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Fields) : {};

/**
 * A payload may be the vendor's own body, where extension, user and parameters are nested.
 * @returns the same values side by side
 */
export function flatCall(payload: unknown): Fields {
  const own = fieldsOf(payload);
  const byName = new Map(Object.entries(own).map(([name, value]) => [name.toLowerCase(), value]));
  const { id, ...from } = fieldsOf(byName.get("from"));
  return { ...fieldsOf(byName.get("params")), ...from, ...(id !== undefined && { user_id: id }), ...own };
}

/**
 * Builds the body; only what is set is in it.
 * @throws ContactCenterError `EINVALID` without a number to call or without an agent's extension or user id
 */
export function callBody(values: CallValues): object {
  const { destination, extension, user_id, ...params } = readValues(
    OPERATION,
    [...CALL_FIELDS, ...CALL_CHOICES],
    values,
  );
  if (destination === undefined) throw required(OPERATION, "destination");
  if (!/\d/.test(destination as string))
    throw refused("webitel.errors.field.number", { vendor: "webitel", operation: OPERATION, field: "destination" });
  if (extension === undefined && user_id === undefined) throw required(OPERATION, "extension");
  return {
    destination,
    from: { ...(extension !== undefined && { extension }), ...(user_id !== undefined && { id: user_id }) },
    ...(Object.keys(params).length > 0 && { params }),
  };
}
