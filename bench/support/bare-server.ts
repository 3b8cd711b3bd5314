/** A server of Node.js alone that refuses each request as soon as its head is there, and receives its body: what nobody can spare. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Starts it in a process of its own. `disconnect()` ends it. */
export async function startBareServer(): Promise<{ child: ChildProcess; pid: number; port: number }> {
  const child = fork(__filename, { execArgv: ["--import", "tsx"] });
  const [port] = (await once(child, "message")) as [number];
  return { child, pid: child.pid as number, port };
}

if (require.main === module) {
  process.once("disconnect", () => process.exit());
  const server = createServer((request, response) => {
    request.on("error", () => undefined).resume();
    response.writeHead(401, { "Content-Type": "application/json" }).end('{"error":"credentials"}');
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
}
