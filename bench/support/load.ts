/**
 * A load generator that costs little of its core: raw sockets, one request under way on each, the next when the answer is
 * whole. Run as a process of its own by {@link load}.
 */
import { fork } from "node:child_process";
import { connect } from "node:net";

/** What to send, and for how long. */
interface LoadOptions {
  url: string;
  /** One, or as many as are sent in turn. */
  body: string | readonly string[];
  headers?: Record<string, string>;
  connections: number;
  /** Milliseconds between an answer and the next request of its connection; 0 where absent. */
  pauseMs?: number;
  seconds: number;
}

/** What came of it. */
export interface LoadResult {
  requestsPerSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Answers by status. */
  statuses: Record<string, number>;
}

/** Runs a load in a process of its own. */
export function load(options: LoadOptions): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const child = fork(__filename, { execArgv: ["--import", "tsx"] });
    child.once("message", (result) => resolve(result as LoadResult));
    child.once("error", reject);
    child.once("exit", (code) => code !== 0 && reject(new Error(`load generator ended with ${code}`)));
    child.send(options);
  });
}

function generate({ url, body, headers, connections, seconds, pauseMs }: LoadOptions): Promise<LoadResult> {
  const { hostname, port, pathname, search } = new URL(url);
  const requests = (typeof body === "string" ? [body] : body).map((each) => {
    const lines = {
      Host: `${hostname}:${port}`,
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(each),
      ...headers,
    };
    const head = Object.entries(lines)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("");
    return Buffer.from(`POST ${pathname}${search} HTTP/1.1\r\n${head}\r\n${each}`);
  });
  let next = 0;
  const times: number[] = [];
  const statuses: Record<string, number> = {};
  const start = performance.now();
  const end = start + seconds * 1000;
  return new Promise((resolve, reject) => {
    let open = connections;
    for (let i = 0; i < connections; i++) {
      const socket = connect(Number(port), hostname);
      let sent = 0;
      let got = Buffer.alloc(0);
      const send = (): void => {
        sent = performance.now();
        socket.write(requests[next++ % requests.length] as Buffer);
      };
      socket.once("connect", send);
      socket.once("error", reject);
      socket.on("data", (part) => {
        got = got.length === 0 ? part : Buffer.concat([got, part]);
        if (!isWhole(got)) return;
        const status = got.toString("latin1", 9, 12);
        statuses[status] = (statuses[status] ?? 0) + 1;
        const now = performance.now();
        times.push(now - sent);
        got = Buffer.alloc(0);
        if (now < end && pauseMs !== undefined) setTimeout(send, pauseMs);
        else if (now < end) send();
        else {
          socket.destroy();
          if (--open === 0) resolve(summary(times, statuses, (now - start) / 1000));
        }
      });
    }
  });
}

/** Lengths of whole answers: the same flow answers in the same length, so most answers need no look inside. */
const wholeLengths = new Set<number>();

function isWhole(answer: Buffer): boolean {
  if (wholeLengths.has(answer.length)) return true;
  const text = answer.toString("latin1");
  const bodyAt = text.indexOf("\r\n\r\n");
  if (bodyAt < 0) return false;
  const length = Number(/content-length: (\d+)/i.exec(text.slice(0, bodyAt))?.[1] ?? 0);
  if (text.length < bodyAt + 4 + length) return false;
  wholeLengths.add(answer.length);
  return true;
}

function summary(times: number[], statuses: Record<string, number>, seconds: number): LoadResult {
  const sorted = Float64Array.from(times).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { requestsPerSecond: times.length / seconds, p50: at(0.5), p99: at(0.99), statuses };
}

if (require.main === module) {
  process.once("message", (options) => {
    void generate(options as LoadOptions).then((result) => process.send?.(result, () => process.exit(0)));
  });
}
