/** Why a request failed: what the network, a proxy or an answer's status says, and whether it may be tried again. */
import { ContactCenterError, type ErrorCause } from "../core/errors.js";
import { redact } from "../core/redact.js";
import type { ProxyFault } from "./proxy-fault.js";

/** What a network fault says about the request: it never left, the TLS settings do not fit, we gave it up, or nobody knows. */
type NetworkFault = "not-sent" | "tls" | "closed" | "unknown";

/** The network's words for a request of which no byte left. */
const NOT_SENT_CODES = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "EPROXY"]);
/** `EPROTO` is what TLS towards a plain-http port gives. */
const TLS_CODES = /CERT|SSL|TLS|EPROTO|SELF_SIGNED|UNABLE_TO_/;

/** Classifies the word that the network or the TLS layer gave, such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`. */
export function networkFault(code: string): NetworkFault {
  if (NOT_SENT_CODES.has(code)) return "not-sent";
  if (code === "ECLOSED") return "closed";
  return TLS_CODES.test(code) ? "tls" : "unknown";
}

/** Answers that mean "later": the request was not processed. */
const REFUSED_FOR_NOW = new Set([429, 503]);
/** Answers that are worth another try where trying again does no harm. */
const RETRYABLE_STATUS = new Set([429, 502, 503, 504]);

/** True when the server surely did not process the request that failed with this error. */
export function isUnprocessed(error: unknown): boolean {
  if (!(error instanceof ContactCenterError)) return false;
  return typeof error.code === "number"
    ? REFUSED_FOR_NOW.has(Number(error.cause["status"]))
    : networkFault(error.code) === "not-sent";
}

/** True when trying again may help; whether it may do harm is for the caller to know. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof ContactCenterError)) return false;
  if (typeof error.code === "number") return RETRYABLE_STATUS.has(Number(error.cause["status"]));
  return ["not-sent", "unknown"].includes(networkFault(error.code));
}

/** A body with nothing but a sentence in it, in JSON. */
const LONE_MESSAGE = /^\{"message":"([^"\\]*)"\}$/i;
/** Words that say no more than the status. */
const SAME_AS_STATUS = /^(?:bad request|unauthori[sz]ed|forbidden|not found|internal server error)\.?$/i;

/**
 * The error of an answer that is not 2xx.
 * @param cause where it happened
 * @param code the vendor's own code, which wins over the status
 * @param detail what the vendor said, without secrets; the sentence leaves out what says no more than the status
 * @param to where a redirect leads
 */
export function statusError(
  cause: ErrorCause,
  status: number,
  code: number = status,
  detail = "",
  to = "another address",
): ContactCenterError {
  const other = status >= 300 && status < 400 ? "redirect" : "other";
  const known = [400, 401, 403, 404, 429].includes(status) ? String(status) : other;
  const [, message = detail] = LONE_MESSAGE.exec(detail) ?? [];
  return new ContactCenterError(code, `shared.errors.http.${known}`, cause, {
    operation: cause.operation,
    status,
    detail: SAME_AS_STATUS.test(message) ? "" : message,
    to,
  });
}

/** Scheme and host of a redirect's address, without secrets: its path may be of a log-in. Undefined where there is none. */
export function redirectOf(
  baseUrl: string,
  location: unknown,
  secrets: readonly (string | undefined)[],
): string | undefined {
  if (typeof location !== "string" || !URL.canParse(location, baseUrl)) return undefined;
  const { protocol, host } = new URL(location, baseUrl);
  return redact(`${protocol}//${host}`, secrets);
}

/**
 * The error of a proxy that did not let a request through; its code is `EPROXY`.
 * @param cause where it happened
 * @param url where the request was to go
 */
export function proxyError(cause: ErrorCause, { host: proxy, why }: ProxyFault, url: string): ContactCenterError {
  const { host } = new URL(url);
  return new ContactCenterError("EPROXY", "shared.errors.network.EPROXY", cause, { host, proxy, why });
}

/**
 * The error of a connection that was not made in time; its code is `ETIMEDOUT`, as where an answer does not come.
 * @param cause where it happened; `sent: false` is added
 * @param url whose host is named
 * @param limitMs how long was waited, milliseconds
 */
export function connectError(cause: ErrorCause, url: string, limitMs: number): ContactCenterError {
  const unsent = { ...cause, sent: false };
  return new ContactCenterError("ETIMEDOUT", "shared.errors.network.connect", unsent, {
    host: new URL(url).host,
    seconds: secondsOf(limitMs),
  });
}

/**
 * The error of an answer that never came.
 * @param cause where it happened
 * @param code the network's word, such as `ECONNREFUSED`
 * @param url whose host is named
 * @param timeoutMs how long was waited
 */
export function networkError(cause: ErrorCause, code: string, url: string, timeoutMs: number): ContactCenterError {
  const known = ["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENOTFOUND", "ECLOSED", "EANSWER"].includes(code)
    ? code
    : networkFault(code) === "tls"
      ? "tls"
      : "other";
  const host = URL.canParse(url) ? new URL(url).host : "";
  return new ContactCenterError(code, `shared.errors.network.${known}`, cause, {
    operation: cause.operation,
    host,
    code,
    seconds: secondsOf(timeoutMs),
  });
}

/** Seconds for humans: tenths where it is a second at least. */
function secondsOf(ms: number): number {
  return ms < 1000 ? ms / 1000 : Math.round(ms / 100) / 10;
}
