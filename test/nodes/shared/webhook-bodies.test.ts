/** Bodies that come slowly, or are too large: what the caller gets, and when. Over raw sockets, on a real Node-RED. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { node, probe, tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { send } from "../../support/webhook.js";

const DEADLINE_MS = 20_000;
const MIB = 1024 * 1024;
const flows = (name = ""): FlowNode[] => [
  tab(),
  node("routing", "smartrouting-in", { url: "/routing", auth: "none", deadline: DEADLINE_MS, name }, [["seen"], []]),
  node(
    "layer",
    "voicenter-layer-in",
    { url: "/layer", auth: "none", deadline: DEADLINE_MS, fallbackLayer: "7", name },
    [["seen"], []],
  ),
  node("event", "webitel-event-in", { url: "/event", auth: "none", name }, [["seen"]]),
  node("closed", "cti-event-in", { url: "/closed", auth: "secret", credentials: { secret: "right" }, name }, [
    ["seen"],
  ]),
  node("guarded", "cti-event-in", { url: "/guarded", auth: "none", networks: ["192.0.2.0/24"], name }, [["seen"]]),
  probe("seen"),
];
const ANSWERS = {
  routing: [204, ""],
  layer: [200, '{"STATUS":0,"ACTION":"GO_TO_LAYER","LAYER":7}'],
  event: [503, '"error":"closed"'],
} as const;

describe("webhook bodies", () => {
  let red: NodeRed;
  beforeEach(async () => {
    red = await NodeRed.start();
    await red.deploy(flows());
  });
  afterEach(() => red?.stop());

  /** A caller that has sent the head and half of the body. */
  const begin = (path: string, head = "Content-Length: 100"): { socket: Socket; answer: () => string } => {
    const socket = connect(Number(new URL(red.url).port), "127.0.0.1");
    let answer = "";
    socket.setEncoding("latin1").on("data", (text: string) => (answer += text));
    socket.on("error", () => undefined);
    socket.write(`POST /${path} HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`);
    if (!head.includes("chunked")) socket.write('{"anum":');
    return { socket, answer: () => answer };
  };
  /** All three callers; Node-RED has read what they sent. */
  const beginAll = async (): Promise<Record<keyof typeof ANSWERS, ReturnType<typeof begin>>> => {
    const callers = { routing: begin("routing"), layer: begin("layer"), event: begin("event") };
    // Requests are taken in the order in which they come: when a later one is answered, these are under way.
    await until("the sockets to be open", () => Object.values(callers).every(({ socket }) => !socket.pending));
    for (let at = 0; at < 3; at++) assert.equal((await send(`${red.url}/event`, { event: "x" })).status, 200);
    return callers;
  };
  const check = async (callers: Awaited<ReturnType<typeof beginAll>>): Promise<void> => {
    for (const [name, [status, body]] of Object.entries(ANSWERS)) {
      const { answer, socket } = callers[name as keyof typeof ANSWERS];
      await until(`the answer of ${name}`, () => answer().includes(`HTTP/1.1 ${status} `) && answer().includes(body));
      socket.destroy();
    }
  };

  it("that are on their way when the node closes get the fallback at once", async () => {
    const callers = await beginAll();
    const start = performance.now();
    await red.deploy(flows("changed"));
    await check(callers);
    assert.ok(performance.now() - start < DEADLINE_MS / 2);
  });

  it("that are on their way when Node-RED is told to stop get the fallback", async () => {
    const callers = await beginAll();
    const stopped = red.stop("SIGTERM");
    await check(callers);
    await stopped;
  });

  for (const [title, head] of [
    ["announced", `Content-Length: ${20 * MIB}`],
    ["in chunks", "Transfer-Encoding: chunked"],
  ] as const)
    it(`that are far too large, ${title}: a caller that sends all of it first reads the answer`, async () => {
      const { socket, answer } = begin("routing", head);
      socket.pause();
      const part = Buffer.alloc(MIB, "a");
      for (let at = 0; at < 20; at++) {
        const piece = title === "announced" ? [part] : [`${MIB.toString(16)}\r\n`, part, "\r\n"];
        for (const bytes of piece)
          await new Promise<void>((resolve, reject) =>
            socket.write(bytes, (error) => (error ? reject(error) : resolve())),
          );
      }
      socket.resume();
      await until("the refusal", () => answer().startsWith("HTTP/1.1 413 "));
      socket.destroy();
    });

  for (const [status, path, method] of [
    [413, "routing", "POST"],
    [413, "layer", "POST"],
    [413, "event", "POST"],
    [405, "routing", "PUT"],
    [401, "closed/wrong", "POST"],
    [403, "guarded", "POST"],
  ] as const)
    for (const [what, version] of [
      ["Connection: close", "1.1"],
      ["HTTP/1.0", "1.0"],
    ] as const)
      it(`of 5 MiB with ${what} to /${path}: the caller reads ${status} and no reset`, async () => {
        const socket = connect({ port: Number(new URL(red.url).port), host: "127.0.0.1", allowHalfOpen: true });
        const chunks: string[] = [];
        let end = "";
        socket.setEncoding("latin1").on("data", (text: string) => chunks.push(text));
        socket
          .on("end", () => (end ||= "end"))
          .on("error", (error: NodeJS.ErrnoException) => (end ||= String(error.code)));
        socket.write(
          `${method} /${path} HTTP/${version}\r\nHost: x\r\nConnection: close\r\nContent-Length: ${5 * MIB}\r\n\r\n`,
        );
        // It reads nothing before it has sent all, or cannot send more.
        socket.pause();
        let isSent = false;
        socket.write(Buffer.alloc(5 * MIB, "a"), () => (isSent = true));
        await Promise.race([until("the whole body", () => isSent || end !== ""), sleep(500)]);
        assert.equal(end, "");
        socket.resume();
        await until("the refusal", () => chunks.join("").startsWith(`HTTP/1.1 ${status} `));
        await until("the whole answer", () => /"error":"[a-z-]+".*\}$/.test(chunks.join("")));
        // What is left of a stranger's body is not received: that connection is broken off in the end.
        await until("the end of the connection", () => end !== "", 6000);
        if (status === 413) assert.equal(end, "end");
        socket.destroy();
      });

  it("that announce more than 64 KiB are refused before they come", async () => {
    const caller = begin("routing", "Content-Length: 70000");
    await until("the refusal", () => caller.answer().startsWith("HTTP/1.1 413 "));
    caller.socket.destroy();
  });
});
