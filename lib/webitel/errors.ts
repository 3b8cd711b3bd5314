/** Webitel's three shapes of an error body, read into one, and what an error means for an upload. */
import { addSentences, CLOSED, ContactCenterError } from "../core/errors.js";
import { isRecord, messageOf } from "../core/values.js";
import { networkFault } from "../http/errors.js";
import { lenientJson, type VendorFault } from "../http/rest.js";
import { WHOLE_UPLOAD_CODES, WHOLE_UPLOAD_IDS } from "./tables.js";
import sentences from "./locales/en-US.json";

addSentences(sentences);

export { CLOSED, ContactCenterError, type ErrorCause, type ErrorParams, refused, REFUSED } from "../core/errors.js";

/** An error as it leaves an upload: what nobody expected gets the code `EUNEXPECTED`. @param report the numbers so far */
export function uploadFault(error: unknown, report?: object): ContactCenterError {
  const known = error instanceof ContactCenterError;
  if (known && !report) return error;
  const { code, key, cause, params } = known
    ? error
    : new ContactCenterError(
        "EUNEXPECTED",
        "webitel.errors.unexpected",
        { vendor: "webitel", operation: "upload" },
        { detail: messageOf(error) },
      );
  return new ContactCenterError(code, key, { ...cause, ...(report && { report }) }, params);
}

/**
 * Reads an error body: the platform's `{id, status, detail, code}`, the gateway's `{code, message, details}`, or the gateway's with
 * the platform's as JSON text in `message`. The platform's code (100 to 599) wins over the HTTP status; the gateway's is a gRPC number
 * and never counts as one: it is `grpc`.
 * @param _status the HTTP status
 * @param body parsed body
 */
export function readWebitelError(_status: number, body: unknown): VendorFault | undefined {
  if (!isRecord(body)) return undefined;
  const platform = [body, lenientJson(body["message"])]
    .filter(isRecord)
    .find(({ id }) => typeof id === "string" && id !== "");
  if (platform) {
    const code = Number(platform["code"]);
    const detail = [platform["detail"], platform["status"]].find((text) => typeof text === "string");
    return {
      id: String(platform["id"]),
      ...(Number.isInteger(code) && code >= 100 && code <= 599 && { code }),
      ...(detail !== undefined && { detail }),
    };
  }
  if (typeof body["message"] !== "string") return undefined;
  const grpc = body["code"];
  return { detail: body["message"], ...(typeof grpc === "number" && { grpc }) };
}

/** True for a body of {@link readWebitelError}'s shapes: a code in digits with words beside it, which no other answer has. */
export function isErrorBody(body: unknown): boolean {
  return (
    isRecord(body) &&
    typeof body["code"] === "number" &&
    ["message", "detail", "status"].some((name) => typeof body[name] === "string")
  );
}

/**
 * What a failed request says about the batch that it carried:
 * - `stop`: nothing of this upload can be loaded (credentials, rights, queue, certificate, a redirect);
 * - `refused`: this batch was not loaded, because of a row in it;
 * - `too-large`: this batch was not loaded, because the request has too many bytes;
 * - `later`: this batch was not processed, as far as a 429 can be believed;
 * - `unknown`: it may have been loaded.
 */
export type FailureKind = "stop" | "refused" | "too-large" | "later" | "unknown";

/** Code of a bulk that the client did not send, because it has more bytes than allowed. */
export const TOO_LARGE = "ETOOLARGE";
/** Key of the error of an answer that is no list. */
export const NO_LIST = "webitel.errors.no-list";
/** The platform's ids of a failed insert: they concern rows, whatever the code. */
const INSERT_IDS = "store.sql_member.";

/** True for a failed insert: the server is busy, or a row is bad in a way that it does not say (4.). */
export function isInsertFailure({ cause }: ContactCenterError): boolean {
  return cause.id?.startsWith(INSERT_IDS) === true;
}

/** PostgreSQL's words for a queue that is gone: the insert of each row fails so. */
const QUEUE_GONE = /foreign key constraint "cc_member_(?:cc_)?queue_id_/;

/** Gateways and proxies that broke off, or ask for another try: it may pass. Request Timeout, Conflict, Too Early, connection cut. */
const PASSING: ReadonlySet<number> = new Set([408, 409, 425, 460, 499]);
/** gRPC's Canceled, Unknown, DeadlineExceeded, Aborted, Internal, Unavailable and DataLoss, whatever the HTTP status. */
const GRPC_PASSING: ReadonlySet<unknown> = new Set([1, 2, 4, 10, 13, 14, 15]);
/** Of the gateway's own words only this one is about rows: gRPC's InvalidArgument, for a body that it cannot read. */
const GRPC_INVALID = 3;
/** gRPC's ResourceExhausted: the gateway writes it as 429, for an answer that is too large as well. */
const GRPC_EXHAUSTED = 8;

/**
 * True for an answer of 400 to 499 that is not one of the vendor's error bodies about rows: a proxy's, or a gateway's. It does not say what
 * became of the request.
 */
export function isForeign({ code, cause }: ContactCenterError): boolean {
  const isRefusal = typeof code === "number" && code >= 400 && code < 500 && code !== 429;
  return isRefusal && cause.id === undefined && cause["grpc"] !== GRPC_INVALID;
}

/** True for a foreign answer that the next try will get as well, when the queue does not have the rows. */
export function isForeignRefusal(error: ContactCenterError): boolean {
  const { code, cause } = error;
  return isForeign(error) && !PASSING.has(code as number) && !GRPC_PASSING.has(cause["grpc"]);
}

/** The gateway writes gRPC's ResourceExhausted for a message that is too large as 429. */
function isTooLarge({ code, cause }: ContactCenterError): boolean {
  return (
    code === TOO_LARGE || code === 413 || (code === 429 && /larger than max/i.test((cause["detail"] ?? "") as string))
  );
}

/**
 * Classifies a failed CreateMemberBulk.
 *
 * A 503 counts as unknown: some gateways answer so when the server broke off in the middle of a request.
 * @param error what the client threw
 */
export function classify(error: unknown): FailureKind {
  if (!(error instanceof ContactCenterError)) return "stop";
  const { code, cause } = error;
  if (isTooLarge(error)) return "too-large";
  if (typeof code === "string") {
    if (code === "EINVALID" || code.includes("INVALID_URL")) return "stop";
    return ({ "not-sent": "later", tls: "stop", closed: "unknown", unknown: "unknown" } as const)[networkFault(code)];
  }
  if (isInsertFailure(error) && QUEUE_GONE.test((cause["detail"] ?? "") as string)) return "stop";
  if (isInsertFailure(error)) return code >= 500 ? "unknown" : "refused";
  const id = cause.id ?? "";
  const whole = WHOLE_UPLOAD_IDS.some((known) => (known.endsWith(".") ? id.startsWith(known) : id === known));
  if (whole || code < 400 || (WHOLE_UPLOAD_CODES as readonly number[]).includes(code)) return "stop";
  if (code === 429) return cause["grpc"] === GRPC_EXHAUSTED ? "unknown" : "later";
  return code >= 500 || code === 408 || isForeign(error) ? "unknown" : "refused";
}

const CLOSED_KEYS = {
  list: "webitel.errors.closed",
  stream: "webitel.errors.closed-stream",
  unsent: "webitel.errors.closed-unsent",
} as const;

/** The error of an upload that a deploy or a stop ends. @param input what was being sent; a stream cannot be read again */
export const closedError = (input: keyof typeof CLOSED_KEYS = "unsent"): ContactCenterError =>
  new ContactCenterError(CLOSED, CLOSED_KEYS[input], { vendor: "webitel", operation: "upload" });
