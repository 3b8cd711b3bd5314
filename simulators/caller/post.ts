/** How a platform asks a webhook: one POST, one time-out, no second try. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { readBody } from "../body.js";
import type { Exchange } from "./conversation.js";

/** A longer answer is not read to its end. */
const ANSWER_LIMIT = 1024 * 1024;
/** How long an answer after the time-out is still recorded, in milliseconds. */
const LATE_MS = 30_000;
const SECRET_HEADERS = /^(authorization|x-benemen-apikey)$/i;

/** What to ask. */
export interface Question {
  url: string;
  headers?: Readonly<Record<string, string>>;
  body: unknown;
  /** Milliseconds from the first connect to the last byte of the answer. */
  timeoutMs: number;
  /** Called when the answer comes after the time-out. */
  onLate?: (late: Pick<Exchange, "answer" | "lateMs">) => void;
  /** Ends the request and the wait for a late answer. */
  signal: AbortSignal;
}

/**
 * Checks an address that somebody typed.
 * @throws Error with a sentence for the page
 */
export function webhookUrl(text: unknown): URL {
  const url = typeof text === "string" && URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Error("Give the webhook's full address, from http:// to its path.");
  return url;
}

/** The request as the page shows it: what is secret is masked. */
export function shownExchange(question: Pick<Question, "url" | "headers" | "body">): Exchange {
  const url = new URL(question.url);
  for (const name of url.searchParams.keys()) url.searchParams.set(name, "***");
  url.username = url.password = "";
  const headers = Object.entries({ "Content-Type": "application/json", ...question.headers });
  return {
    url: url.href,
    headers: Object.fromEntries(headers.map(([name, value]) => [name, SECRET_HEADERS.test(name) ? "***" : value])),
    body: question.body,
  };
}

/**
 * Sends the question and waits not longer than the time-out. Redirects are not followed.
 * @returns what completes an exchange: the answer, or why there is none
 */
export function post(question: Question): Promise<Partial<Exchange>> {
  const started = performance.now();
  const elapsed = (): number => Math.round((performance.now() - started) * 10) / 10;
  const url = webhookUrl(question.url);
  const text = JSON.stringify(question.body);
  return new Promise((resolve) => {
    let gaveUp = false;
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const request = send(url, {
      method: "POST",
      agent: false,
      headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text), ...question.headers },
      signal: AbortSignal.any([question.signal, AbortSignal.timeout(question.timeoutMs + LATE_MS)]),
    });
    const timer = setTimeout(() => {
      gaveUp = true;
      resolve({ failure: "timeout", ms: elapsed() });
    }, question.timeoutMs);
    const fail = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      resolve({ failure: error.code ?? error.name, ms: elapsed() });
    };
    request.on("error", fail);
    request.on("response", (response) => {
      void readAnswer(response).then((answer) => {
        clearTimeout(timer);
        if (gaveUp) question.onLate?.({ answer, lateMs: elapsed() });
        else resolve({ answer, ms: elapsed() });
      }, fail);
    });
    request.end(text);
  });
}

async function readAnswer(response: IncomingMessage): Promise<NonNullable<Exchange["answer"]>> {
  const body = await readBody(response, ANSWER_LIMIT);
  return { status: response.statusCode ?? 0, contentType: response.headers["content-type"] ?? "", body };
}
