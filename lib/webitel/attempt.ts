/** AttemptResult and AttemptCallback (7.): what became of a call that the dialer made. */
import { readValue, readValues, required } from "./fields.js";
import { ATTEMPT_FIELDS, RESULT_FIELDS } from "./tables.js";

const OPERATION = "AttemptResult";

/** Settings and message properties by setting name; `result` holds the other fields of the body. */
export type AttemptValues = Partial<Record<(typeof ATTEMPT_FIELDS)[number]["setting"] | "result", unknown>>;

/** What is sent, and where. */
export interface AttemptReport {
  attempt: { queue?: string; member?: string; attempt: string };
  body: Record<string, unknown>;
}

const isResultField = (name: string): name is keyof typeof RESULT_FIELDS => Object.hasOwn(RESULT_FIELDS, name);

/**
 * Builds the request. Queue and member come together or not at all; without them the call-back form is used.
 * @throws ContactCenterError `EINVALID`
 */
export function attemptReport(values: AttemptValues): AttemptReport {
  const { queue_id, member_id, attempt_id, status } = readValues(OPERATION, ATTEMPT_FIELDS, values) as Record<
    string,
    string | undefined
  >;
  if (attempt_id === undefined) throw required(OPERATION, "attempt");
  if ((queue_id === undefined) !== (member_id === undefined))
    throw required(OPERATION, queue_id === undefined ? "queue" : "member");
  const { result = {} } = values;
  if (result === null || typeof result !== "object" || Array.isArray(result))
    readValue(OPERATION, "result", "texts", result);
  const body: Record<string, unknown> = { ...(status !== undefined && { status }) };
  for (const [name, value] of Object.entries(result as object)) {
    const known = isResultField(name) && value !== null && value !== "";
    // A field that is newer than our table goes as it is.
    body[name] = known ? readValue(OPERATION, `result.${name}`, RESULT_FIELDS[name], value) : value;
  }
  if (Object.keys(body).length === 0) throw required(OPERATION, "status");
  return {
    attempt: {
      attempt: attempt_id,
      ...(queue_id !== undefined && member_id !== undefined && { queue: queue_id, member: member_id }),
    },
    body,
  };
}

/** The fields of a result that stand in a payload by their own names. */
export function resultFields(payload: unknown): Record<string, unknown> | undefined {
  if (payload === null || typeof payload !== "object" || Array.isArray(payload)) return undefined;
  const found = Object.entries(payload).filter(([name]) => isResultField(name));
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}
