/**
 * Calls at a steady pace, from a process of their own: what the attacker's process is busy with does not count as latency.
 * Each call goes to a bare server in a third process as well, which shows what the machine itself made late.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What to send. */
interface CallOptions {
  url: string;
  headers: Record<string, string>;
  body: string;
  /** An answer without this text is wrong. */
  expected: string;
  perSecond: number;
  /** Later answers are late, ms. */
  lateMs: number;
}

/** What came of it. */
export interface CallResult {
  sent: number;
  /** Wrong answers, and none. */
  wrong: number;
  /** Late answers while the bare server was not slow. */
  late: number;
  /** Late answers while the bare server took over a fifth of the time too: the machine was busy. */
  lateByMachine: number;
  slowestMs: number;
  bareSlowestMs: number;
}

function start(): ChildProcess {
  return fork(__filename, { execArgv: ["--import", "tsx"] });
}

/** Begins to call; `end` stops, and resolves with the result when each call has its answer. */
export async function callSteadily(options: CallOptions): Promise<{ end(): Promise<CallResult> }> {
  const [bare, caller] = [start(), start()];
  bare.send("serve");
  const [bareUrl] = (await once(bare, "message")) as [string];
  caller.send({ ...options, bareUrl });
  await once(caller, "message");
  return {
    async end() {
      caller.send("end");
      const [result] = (await once(caller, "message")) as [CallResult];
      bare.disconnect();
      caller.disconnect();
      return result;
    },
  };
}

/** @returns milliseconds, and whether the answer has the expected text */
async function timed(url: string, init: RequestInit, expected: string): Promise<{ ms: number; isRight: boolean }> {
  const startMs = performance.now();
  const isRight = await fetch(url, init)
    .then(async (answer) => (await answer.text()).includes(expected) && answer.status === 200)
    .catch(() => false);
  return { ms: performance.now() - startMs, isRight };
}

function call({ url, bareUrl, headers, body, expected, perSecond, lateMs }: CallOptions & { bareUrl: string }): void {
  const result: CallResult = { sent: 0, wrong: 0, late: 0, lateByMachine: 0, slowestMs: 0, bareSlowestMs: 0 };
  const open = new Set<Promise<void>>();
  const one = async (): Promise<void> => {
    result.sent++;
    const init = { method: "POST", headers, body };
    const [ours, bare] = await Promise.all([timed(url, init, expected), timed(bareUrl, init, "")]);
    result.slowestMs = Math.max(result.slowestMs, ours.ms);
    result.bareSlowestMs = Math.max(result.bareSlowestMs, bare.ms);
    if (!ours.isRight) result.wrong++;
    if (ours.ms > lateMs) result[bare.ms > lateMs / 5 ? "lateByMachine" : "late"]++;
  };
  const timer = setInterval(() => {
    const sent = one().finally(() => open.delete(sent));
    open.add(sent);
  }, 1000 / perSecond);
  process.once("message", () => {
    clearInterval(timer);
    void Promise.all(open).then(() => process.send?.(result));
  });
  process.send?.("started");
}

function serve(): void {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.end("{}"));
  });
  server.listen(0, "127.0.0.1", () => process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
}

if (require.main === module) {
  process.once("disconnect", () => process.exit());
  process.once("message", (message) =>
    message === "serve" ? serve() : call(message as CallOptions & { bareUrl: string }),
  );
}
