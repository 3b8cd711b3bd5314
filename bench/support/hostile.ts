/** Requests that mean no good, seeded: each seed gives the same ones. */
import { connect } from "node:net";

/** A webhook under attack, and how a good caller proves itself. */
export interface Target {
  path: string;
  method: "GET" | "POST";
  /** Behind the path. */
  secret?: string;
  /** A header line. */
  header?: string;
  /** A good body. */
  body: string;
}

/** A generator of whole numbers below a bound (mulberry32). */
type Random = (below: number) => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T;
const bytes = (random: Random, length: number): string =>
  Array.from({ length }, () => String.fromCharCode(random(256))).join("");

/** Kinds of queries, dear ones among them. */
export const QUERIES: Record<string, (random: Random) => string> = {
  none: () => "",
  "6,000 names": () => `?${"a&".repeat(6000)}`,
  "one long key": () => `?key=${"x".repeat(12_000)}`,
  "percent signs": () => `?key=${"%41".repeat(4000)}`,
  broken: (random) => `?${encodeURI(bytes(random, 40))}%E0%A4%A&key=%`,
  prototype: () => "?__proto__=1&constructor=2&key[]=3&key=4",
};

/** Kinds of paths behind the webhook's own. */
const TAILS: Record<string, (random: Random) => string> = {
  none: () => "",
  slash: () => "/",
  wrong: (random) => `/${random(1e9).toString(36)}`,
  slashes: () => "/".repeat(8000),
  segments: () => "/a".repeat(5000),
  encoded: () => `/${"%2F".repeat(4000)}`,
  broken: () => "/%E0%A4%A",
  dots: () => "/../../flows",
};

/** Kinds of headers. */
export const HEADERS: Record<string, (random: Random) => string> = {
  none: () => "",
  many: () => Array.from({ length: 900 }, (_, at) => `X-${at}: ${at}\r\n`).join(""),
  proxies: () => `X-Forwarded-For: ${"10.0.0.1,".repeat(1300)}192.0.2.1\r\n`,
  "long key": () => `X-Benemen-APIKey: ${"k".repeat(12_000)}\r\n`,
  doubled: () =>
    "Authorization: Basic eA==\r\nAuthorization: Basic eQ==\r\nX-Benemen-APIKey: a\r\nX-Benemen-APIKey: b\r\n",
  "long basic": () => `Authorization: Basic ${"QUFB".repeat(3000)}\r\n`,
  odd: (random) => `X-Odd: ${bytes(random, 60).replace(/[\r\n\0]/g, "")}\r\nCookie: ${"a=b; ".repeat(500)}\r\n`,
  encoding: () => "Content-Encoding: gzip\r\nContent-Type: text/html; charset=utf-37\r\n",
};

/** Kinds of bodies: with its head lines. */
export const BODIES: Record<string, (random: Random, good: string) => string> = {
  none: () => "\r\n",
  good: (_, good) => sized(good),
  mutated: (random, good) => {
    const at = random(good.length);
    return sized(good.slice(0, at) + bytes(random, random(4)) + good.slice(at + random(8)));
  },
  deep: () => sized(`{"a":${"[".repeat(32_000)}${"]".repeat(32_000)}}`),
  wide: () => sized(`{${Array.from({ length: 6000 }, (_, at) => `"k${at}":1`).join()}}`),
  "broken at its end": () => sized(`{${Array.from({ length: 990 }, (_, at) => `"k${at}":1`).join()}`),
  form: () => `Content-Type: application/x-www-form-urlencoded\r\n${sized("a&".repeat(32_000))}`,
  prototype: () => sized('{"__proto__":{"x":1},"constructor":{"prototype":{"y":2}}}'),
  "300 kB": () => sized("x".repeat(300_000)),
  truncated: (_, good) => `Content-Length: ${good.length + 50}\r\n\r\n${good}`,
  "small chunks": () => `Transfer-Encoding: chunked\r\n\r\n${"1\r\nx\r\n".repeat(2000)}0\r\n\r\n`,
  "broken chunks": () => "Transfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n",
  "two lengths": (_, good) => `Content-Length: 5\r\nContent-Length: 7\r\n\r\n${good}`,
};

function sized(body: string): string {
  return `Content-Length: ${Buffer.byteLength(body, "latin1")}\r\n\r\n${body}`;
}

/** One request of chosen kinds. */
export function request(
  target: Target,
  random: Random,
  kinds: { method?: string; query?: string; tail?: string; headers?: string; body?: string; proved?: boolean } = {},
): string {
  const { method = target.method, query = "none", tail = "none", headers = "none", body = "good", proved } = kinds;
  const secret = proved && target.secret ? `/${target.secret}` : "";
  const credential = proved && target.header ? `${target.header}\r\n` : "";
  const path = target.path + secret + (TAILS[tail]?.(random) ?? "") + (QUERIES[query]?.(random) ?? "");
  const head = `${method} ${path} HTTP/1.1\r\nHost: webhook.example\r\n${credential}${HEADERS[headers]?.(random) ?? ""}`;
  return head + (BODIES[body]?.(random, target.body) ?? "\r\n");
}

const METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"];

/** One request of random kinds: a third of them with good credentials. */
export function randomRequest(target: Target, random: Random): string {
  // Node.js refuses headers of more than 16 KiB by itself, so only one part of a head is large.
  const part = pick(random, ["query", "tail", "headers", "none"]);
  const table = { query: QUERIES, tail: TAILS, headers: HEADERS }[part] ?? {};
  const kinds = {
    method: random(8) === 0 ? pick(random, METHODS) : target.method,
    body: pick(random, Object.keys(BODIES)),
    proved: random(3) === 0,
    ...(part !== "none" && { [part]: pick(random, Object.keys(table)) }),
  };
  const text = request(target, random, kinds);
  if (random(40) > 0) return text;
  const at = random(text.length);
  return text.slice(0, at) + bytes(random, random(20)) + text.slice(at + random(20));
}

/**
 * Sends a request on a socket of its own and closes its sending side.
 * @returns the status of the answer; `closed` when the connection ended without one; `silent` when nothing came for 6 s
 */
export function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    const end = (result: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => end("silent"), 6000);
    socket.on("data", (part: Buffer) => {
      answer += part.toString("latin1");
      const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1];
      if (status !== undefined && status !== "100") end(status);
    });
    socket.on("error", () => end("closed"));
    socket.on("close", () => end("closed"));
    socket.write(Buffer.from(text, "latin1"));
  });
}
