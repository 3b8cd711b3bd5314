/**
 * Prints how many bytes of requests' bodies are left after collections of V8's young generation only.
 * Run with `--expose-gc --no-incremental-marking --initial-old-space-size=1000 --import tsx`.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createRestClient } from "../../lib/http/rest.js";

const REQUESTS = 200;
const BODY_BYTES = 100_000;

async function main(): Promise<void> {
  const server = createServer((request, response) => void request.resume().on("end", () => response.end("{}")));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const client = createRestClient({ vendor: "webitel", baseUrl: `http://127.0.0.1:${port}` });
  const { signal } = new AbortController();
  for (let sent = 0; sent < REQUESTS; sent++) {
    const body = Buffer.alloc(BODY_BYTES, " ");
    const answer = client.request({ operation: "Test", method: "POST", path: "", body, signal });
    // What two collections find is old: the first requests are, and must not keep those behind them.
    for (let times = sent < 10 ? 2 : 1; times > 0; times--) await gc?.({ type: "minor", execution: "async" });
    await answer;
  }
  for (let times = 0; times < 3; times++) await gc?.({ type: "minor", execution: "async" });
  console.log(process.memoryUsage().arrayBuffers);
  process.exit();
}

void main();
