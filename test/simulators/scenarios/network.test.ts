/** Nothing leaves the machine, by whatever way it is asked. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import dns from "node:dns";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
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

  it("refuses what asks a server of names itself, and a socket that says once where it sends", async () => {
    const { promises, Resolver } = dns;
    const byCallback = (ask: (done: (...all: unknown[]) => void) => void): Promise<unknown> =>
      new Promise((done) => ask((error) => done((error as NodeJS.ErrnoException).code)));
    const byPromise = (asked: Promise<unknown>): Promise<unknown> =>
      asked.catch((error: unknown) => (error as NodeJS.ErrnoException).code);
    const socket = createSocket("udp4");
    const codes = await Promise.all([
      byCallback((done) => dns.resolveMx("a.example", done)),
      byCallback((done) => new Resolver().resolve4("b.example", done)),
      byCallback((done) => dns.reverse("192.0.2.1", done)),
      byPromise(promises.resolveSrv("c.example")),
      byPromise(new promises.Resolver().resolveTxt("d.example")),
      byPromise(promises.lookup("e.example")),
      byPromise(import("node:dns/promises").then(({ resolve }) => resolve("f.example"))),
      byCallback((done) => socket.connect(53, "192.0.2.1", done)),
    ]);
    socket.close();
    assert.deepEqual(new Set(codes), new Set(["ECONNREFUSED"]));
    assert.deepEqual(blocked.toSorted(), [
      "- 192.0.2.1",
      "- 192.0.2.1 (UDP)",
      ...["a", "b", "c", "d", "e", "f"].map((name) => `- ${name}.example`),
    ]);
    assert.deepEqual(await promises.lookup("127.0.0.1"), { address: "127.0.0.1", family: 4 });
  });

  it("has what listens do so on a free port of loopback, so that another Node-RED keeps its own", async () => {
    const [taken, mine] = [createSocket("udp4"), createSocket({ type: "udp4", reuseAddr: true })];
    fence.close();
    await new Promise<void>((done) => taken.bind(0, "0.0.0.0", done));
    const held = createServer();
    const port = await listen(held);
    fence = raiseFence(() => undefined);
    await new Promise<void>((done) => mine.bind(taken.address().port, done));
    assert.equal(mine.address().address, "127.0.0.1");
    assert.notEqual(mine.address().port, taken.address().port);
    mine.addMembership("239.1.1.1");
    const server = createServer();
    await new Promise<void>((done) => server.listen(port, done));
    const { address, port: own } = server.address() as AddressInfo;
    assert.deepEqual([address, own === port], ["127.0.0.1", false]);
    for (const each of [taken, mine, held, server]) each.close();
  });

  it("lets datagrams to this machine out of a socket of any kind", async () => {
    const socket = createSocket("udp4");
    const got = new Promise((done) => socket.once("message", (text) => done(String(text))));
    await new Promise<void>((done) => socket.bind(0, done));
    const other = createSocket("udp4");
    other.send("x", socket.address().port, "127.0.0.1");
    assert.equal(await got, "x");
    socket.close();
    other.close();
    assert.deepEqual(blocked, []);
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
