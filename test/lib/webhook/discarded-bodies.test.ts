/** What is kept of a refused body. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { discardBody } from "../../../lib/webhook/body.js";
import { until } from "../../support/wait.js";

describe("lib/webhook/body: a refused body", () => {
  let server: Server;
  let request: IncomingMessage | undefined;
  beforeEach(async () => {
    request = undefined;
    server = createServer((incoming, response) => {
      request = incoming;
      response.writeHead(401, { "Content-Length": 2 }).end("no");
      discardBody(incoming);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(() => void server.close());

  it("in very many chunks is not kept, and its sender reads the answer", async () => {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => undefined);
    let answer = "";
    socket.setEncoding("latin1").on("data", (text: string) => (answer += text));
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + "1\r\na\r\n".repeat(20_000));
    await until("the answer", () => answer.endsWith("no"));
    await until("the end of reading", () => request?.isPaused() === true);
    socket.write("1\r\na\r\n");
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(request?.readableLength, 0);
    socket.destroy();
  });

  it("of a stranger is received up to 128 KiB and a little", async () => {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${1024 * 1024}\r\n\r\n`);
    socket.write(Buffer.alloc(1024 * 1024, "a"));
    await until("the end of reading", () => request?.isPaused() === true);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok((request?.socket.bytesRead ?? 0) < 512 * 1024, String(request?.socket.bytesRead));
    socket.destroy();
  });
});
