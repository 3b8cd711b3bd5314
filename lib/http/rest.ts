/** The REST client that all vendors share: axios behind a small interface that leaks no secret and says what may be retried. */
import * as http from "node:http";
import * as https from "node:https";
import type { Readable } from "node:stream";
import type { AxiosInstance } from "axios";
import { type BackoffOptions, backoffDelay, delay, retryAfterMs } from "./backoff.js";
import { ContactCenterError, type ErrorCause, type Vendor } from "../core/errors.js";
import { redact } from "../core/redact.js";
import { withinSent } from "../core/telemetry/sent.js";
import { parseJson } from "../core/values.js";
import { ConnectTimeout, limitConnect } from "./connect-limit.js";
import {
  connectError,
  isRetryable,
  isUnprocessed,
  networkError,
  networkFault,
  proxyError,
  redirectOf,
  statusError,
} from "./errors.js";
import { proxyFor, proxySetting, tunnelAgent } from "./proxy.js";
import { ProxyFault } from "./proxy-fault.js";
import { readWithin } from "./read-within.js";

/** What may be tried again: anything, only what the server surely did not process, or nothing. */
type RetryRule = "safe" | "unprocessed" | "never";

/** How to reach one API. Functions are asked at each request, so a renewed token is used at once. */
export interface RestOptions {
  vendor: Vendor;
  /** May carry a path prefix, which is kept. */
  baseUrl: string;
  /** Headers of every request, credentials included. */
  headers?: () => Record<string, string>;
  /** Values that must never leave in an error. */
  secrets?: () => (string | undefined)[];
  /** Redacts them in good answers as well: not for log-ins, whose answers bring what is secret. */
  redactsAnswers?: boolean;
  /** Milliseconds for a whole request; 15,000 unless told. */
  timeoutMs?: number;
  /** TLS options as Node-RED's `tls-config` node makes them (ca, cert, key, rejectUnauthorized, servername). */
  tls?: https.AgentOptions;
  /** Its requests are about no message alone, such as those of a connection or of subscriptions. */
  isShared?: boolean;
  /** Reads the vendor's own error body. */
  readError?: (status: number, body: unknown) => VendorFault | undefined;
  /** Retries of a request under {@link RetryRule}; 3 unless told. */
  retries?: number;
  backoff?: BackoffOptions;
  /** Milliseconds until a connection is made, TLS included; unlimited by default, apart from `timeoutMs`. */
  connectMs?: number;
  /** The longest `Retry-After` that is obeyed, milliseconds; 30,000 by default. A longer one is shortened to this. */
  maxRetryAfterMs?: number;
}

/** What a vendor says about a failure. */
export interface VendorFault {
  /** Wins over the HTTP status when set. */
  code?: number;
  id?: string;
  detail?: string;
  /** gRPC's status, of a gateway that says it. */
  grpc?: number;
}

/** Arrays become repeated parameters; undefined is left out. */
export type Query = Record<string, string | number | boolean | readonly (string | number)[] | undefined>;

/** One request. */
export interface RestRequest {
  /** The vendor's name of the operation, for errors. */
  operation: string;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Relative to the base address; each part already percent-encoded. */
  path: string;
  query?: Query;
  /** Written as JSON; a Buffer holds JSON already. */
  body?: unknown;
  headers?: Record<string, string>;
  timeoutMs?: number;
  /** Milliseconds for all tries and the pauses between them; unlimited by default. */
  totalMs?: number;
  /** Called before the pause that precedes another try. */
  onRetry?: () => void;
  retry?: RetryRule;
  signal?: AbortSignal;
  /**
   * The status is the answer: its body is waited for no longer than this, milliseconds, and what of it cannot be read is
   * left out. Without it, a body that does not come is an error.
   */
  bodyMs?: number;
  /** Takes a redirect (3xx) for an answer, which is left to the caller; without it, a redirect is an error. */
  takesRedirect?: boolean;
}

/** A 2xx answer, or a redirect that was asked for. `body` is parsed JSON where it is JSON, else the text; an empty body is undefined. */
export interface RestAnswer {
  status: number;
  headers: Record<string, string>;
  /** The values of `Set-Cookie`, one each. */
  cookies: readonly string[];
  body: unknown;
}

/** One API. */
export interface RestClient {
  /** @throws ContactCenterError with the HTTP status, or the network's word, as code */
  request(request: RestRequest): Promise<RestAnswer>;
  /** Closes idle sockets. */
  close(): void;
}

/** A try needs so long, milliseconds: one that could not be answered in time is not begun. */
const LEAST_MS = 2000;

/** axios' words, in the network's. */
const CODE_ALIASES: Record<string, string> = {
  ECONNABORTED: "ETIMEDOUT",
  ERR_CANCELED: "ECLOSED",
  ERR_BAD_RESPONSE: "ECONNRESET",
};

/** Joins without losing a path prefix of the base. */
export function joinUrl(base: string, path: string): string {
  return `${base.replace(/\/+$/, "")}/${path.replace(/^\/+/, "")}`;
}

/** JSON where the text is JSON ({@link parseJson}), with or without a byte order mark, else the text itself; undefined when empty. */
export function lenientJson(text: unknown): unknown {
  if (typeof text !== "string" || text === "") return undefined;
  try {
    return parseJson(text.startsWith("\uFEFF") ? text.slice(1) : text);
  } catch {
    return text;
  }
}

/** The agents of one client, which keep its sockets alive. */
interface Agents {
  httpAgent: http.Agent;
  /** Goes through the proxy of the client's address where it has one. */
  httpsAgent: http.Agent;
}

/** Loads axios, at the first request only: a palette of which nothing is used costs nothing at start. */
function axiosClient(agents: Agents): AxiosInstance {
  const axios = require("axios") as typeof import("axios");
  return axios.create({
    ...agents,
    maxRedirects: 0,
    maxContentLength: 64 * 1024 * 1024,
    maxBodyLength: Infinity,
    responseType: "text",
    // The body is JSON text already; axios would parse it again to see whether it is.
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
    validateStatus: () => true,
    paramsSerializer: { indexes: null },
  });
}

interface Opened {
  client: AxiosInstance;
  agents: Agents;
}

/** @throws ContactCenterError `EINVALID` when the environment names no usable proxy */
async function open({ baseUrl, vendor, tls, connectMs }: RestOptions): Promise<Opened> {
  const isHttps = /^https:/i.test(baseUrl);
  const tunnel = isHttps ? await tunnelAgent(baseUrl, vendor, { keepAlive: true, tls, connectMs }) : undefined;
  const agents: Agents = {
    httpAgent: new http.Agent({ keepAlive: true }),
    httpsAgent: tunnel ?? new https.Agent({ keepAlive: true, ...tls }),
  };
  if (connectMs !== undefined) {
    limitConnect(agents.httpAgent, "connect", connectMs);
    limitConnect(agents.httpsAgent, "secureConnect", connectMs);
  }
  return { client: axiosClient(agents), agents };
}

/** Opens a client for one API; sockets are kept alive. */
export function createRestClient(options: RestOptions): RestClient {
  const { retries = 3, backoff, maxRetryAfterMs = 30_000 } = options;
  let opened: Promise<Opened> | undefined;
  const about = { vendor: options.vendor, url: options.baseUrl, isShared: options.isShared === true };
  return {
    async request(request) {
      opened ??= open(options);
      // What failed is read again: the environment may be put right.
      const { client } = await opened.catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
      // Not by the clock of the machine, which may be set meanwhile.
      const end = performance.now() + (request.totalMs ?? Infinity);
      for (let attempt = 0; ; attempt++) {
        try {
          return await withinSent({ ...about, ...request, resends: attempt }, (traced) =>
            once(
              client,
              options,
              { ...request, headers: { ...request.headers, ...traced } },
              Math.ceil(end - performance.now()),
            ),
          );
        } catch (error) {
          const rule = request.retry ?? "never";
          const again = rule === "safe" ? isRetryable(error) : rule === "unprocessed" && isUnprocessed(error);
          if (!again || attempt >= retries) throw error;
          const asked = (error as ContactCenterError).cause["retryAfterMs"] as number | undefined;
          const pauseMs = asked === undefined ? backoffDelay(attempt, backoff) : Math.min(asked, maxRetryAfterMs);
          // What cannot be tried again in time is answered now.
          if (performance.now() + pauseMs > end - LEAST_MS) throw error;
          request.onRetry?.();
          await delay(pauseMs, request.signal).catch(() => {
            throw closedError(options, request);
          });
        }
      }
    },
    close() {
      void opened?.then(
        ({ agents }) => {
          agents.httpAgent.destroy();
          agents.httpsAgent.destroy();
        },
        () => undefined,
      );
    },
  };
}

function closedError(options: RestOptions, request: RestRequest): ContactCenterError {
  return networkError({ vendor: options.vendor, operation: request.operation }, "ECLOSED", options.baseUrl, 0);
}

async function once(
  client: AxiosInstance,
  options: RestOptions,
  request: RestRequest,
  leftMs: number,
): Promise<RestAnswer> {
  const timeoutMs = Math.max(1, Math.min(request.timeoutMs ?? options.timeoutMs ?? 15_000, leftMs));
  // axios counts its own time-out from the connected socket only; the signal bounds the name look-up and handshake too.
  const limit = AbortSignal.timeout(timeoutMs);
  const hasBody = request.body !== undefined;
  // Plain http goes through a proxy without a tunnel, which axios does.
  const proxy = /^http:/i.test(options.baseUrl) ? proxyFor(options.baseUrl, options.vendor) : undefined;
  const setting = proxySetting(proxy);
  try {
    const response = await client.request<string | Readable>({
      url: joinUrl(options.baseUrl, request.path),
      method: request.method,
      headers: {
        Accept: "application/json",
        ...(hasBody && { "Content-Type": "application/json" }),
        ...options.headers?.(),
        ...request.headers,
      },
      ...(request.query && { params: request.query }),
      ...(request.bodyMs !== undefined && { responseType: "stream" }),
      // Bytes, because a long text stays in the heap for as long as the answer takes.
      ...(hasBody && {
        data: Buffer.isBuffer(request.body) ? request.body : Buffer.from(JSON.stringify(request.body)),
      }),
      ...(setting !== undefined && { proxy: setting }),
      signal: request.signal ? AbortSignal.any([request.signal, limit]) : limit,
    });
    const { data } = response;
    const text = typeof data === "string" ? data : await readWithin(data, request.bodyMs ?? 0);
    const body = lenientJson(options.redactsAnswers ? redact(text, options.secrets?.() ?? []) : text);
    if (response.status >= 200 && response.status < (request.takesRedirect ? 400 : 300)) {
      return {
        status: response.status,
        headers: Object.fromEntries(Object.entries(response.headers).map(([k, v]) => [k, String(v)])),
        cookies: response.headers["set-cookie"] ?? [],
        body,
      };
    }
    if (proxy !== undefined && response.status === 407) throw new ProxyFault(proxy, "HTTP 407");
    throw answered(options, request, response.status, body, response.headers);
  } catch (error) {
    if (error instanceof ContactCenterError) throw error;
    const fault = error instanceof ProxyFault ? error : (error as Error).cause;
    const cause = { vendor: options.vendor, operation: request.operation } as const;
    if (fault instanceof ProxyFault) throw proxyError(cause, fault, options.baseUrl);
    if (fault instanceof ConnectTimeout) throw connectError(cause, options.baseUrl, fault.limitMs);
    const { code } = error as NodeJS.ErrnoException;
    if (proxy !== undefined && networkFault(code ?? "") === "not-sent")
      throw proxyError(cause, new ProxyFault(proxy, code ?? ""), options.baseUrl);
    throw unanswered(options, request, error, limit.aborted && !request.signal?.aborted, timeoutMs);
  }
}

function answered(
  options: RestOptions,
  request: RestRequest,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, unknown>>,
): ContactCenterError {
  const fault = options.readError?.(status, body) ?? {};
  const secrets = options.secrets?.() ?? [];
  const text = fault.detail ?? (typeof body === "string" ? body : JSON.stringify(body)) ?? "";
  const detail = redact(text, secrets).slice(0, 500);
  const waitMs = retryAfterMs(headers["retry-after"], headers["date"]);
  const cause: ErrorCause = {
    vendor: options.vendor,
    operation: request.operation,
    status,
    ...(fault.id !== undefined && { id: redact(fault.id, secrets) }),
    ...(detail !== "" && { detail }),
    ...(fault.grpc !== undefined && { grpc: fault.grpc }),
    ...(waitMs !== undefined && { retryAfterMs: waitMs }),
  };
  return statusError(cause, status, fault.code, detail, redirectOf(options.baseUrl, headers["location"], secrets));
}

function unanswered(
  options: RestOptions,
  request: RestRequest,
  error: unknown,
  timedOut: boolean,
  timeoutMs: number,
): ContactCenterError {
  const raw = error instanceof Error ? (error as { code?: string }).code : undefined;
  const isTooLong = error instanceof Error && error.message.startsWith("maxContentLength");
  // zlib's words: the answer came, but is not packed as it says.
  const isUnreadable = isTooLong || raw?.startsWith("Z_") === true;
  const known = isUnreadable ? "EANSWER" : (CODE_ALIASES[raw ?? ""] ?? raw ?? "ENETWORK");
  const code = timedOut ? "ETIMEDOUT" : known;
  return networkError({ vendor: options.vendor, operation: request.operation }, code, options.baseUrl, timeoutMs);
}
