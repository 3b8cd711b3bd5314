/** Nothing leaves the machine, by whatever way it is asked. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import dns from "node:dns";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { listen } from "../../../simulators/listen.js";
import { type Fence, raiseFence } from "../../../simulators/scenarios/network.js";

describe("simulators/scenarios/network", () => {
  const blocked: string[] = [];
  let fence: Fence;
  beforeEach(() => {
    blocked.length = 0;
    fence = raiseFence((target, node) => blocked.push(`${node ?? "-"} ${target}`));
  });
  afterEach(() => fence.close());

  const failed = async (socket: NodeJS.EventEmitter): Promise<unknown> =>
    ((await once(socket, "error")) as [NodeJS.ErrnoException])[0].code;

  it("refuses TCP, TLS and local sockets, and names the node that works", async () => {
    const codes = fence.worker.run("“CRM”", () => [
      failed(connect(1, "192.0.2.1")),
      failed(connect({ host: "crm.example", port: 2 })),
      failed(connectTls({ host: "crm.example", port: 3 })),
      failed(connect("/var/run/nothing.sock")),
      failed(connect(4)),
    ]);
    assert.deepEqual(
      await Promise.all(codes),
      Array.from({ length: 5 }, () => "ECONNREFUSED"),
    );
    assert.deepEqual(blocked.toSorted(), [
      "“CRM” /var/run/nothing.sock",
      "“CRM” 192.0.2.1:1",
      "“CRM” crm.example:2",
      "“CRM” crm.example:3",
      "“CRM” localhost:4",
    ]);
  });

  it("refuses fetch, names and datagrams", async () => {
    await assert.rejects(fetch("http://crm.example/"));
    const [error] = await new Promise<unknown[]>((done) => dns.lookup("crm.example", (...all) => done(all)));
    assert.equal((error as NodeJS.ErrnoException).code, "ECONNREFUSED");
    const socket = createSocket("udp4");
    const sent = await new Promise((done) => socket.send("x", 53, "192.0.2.1", done));
    socket.close();
    assert.equal((sent as NodeJS.ErrnoException).code, "ECONNREFUSED");
    assert.deepEqual(blocked, ["- crm.example:80", "- crm.example", "- 192.0.2.1 (UDP)"]);
  });

  it("lets through what the test started, and everything once it is down", async () => {
    const server = createServer((_, response) => void response.end("ok"));
    const port = await listen(server);
    await assert.rejects(fetch(`http://127.0.0.1:${port}/`));
    fence.ports.add(port);
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "ok");
    fence.ports.clear();
    fence.close();
    assert.equal(await (await fetch(`http://localhost:${port}/`, { headers: { Connection: "close" } })).text(), "ok");
    server.closeAllConnections();
    server.close();
    assert.deepEqual(blocked, [`- 127.0.0.1:${port}`]);
  });
});
