/** Bodies that come slowly, or are too large: what the caller gets, and when. Over raw sockets, on a real Node-RED. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
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

  it("that announce more than 64 KiB are refused before they come", async () => {
    const caller = begin("routing", "Content-Length: 70000");
    await until("the refusal", () => caller.answer().startsWith("HTTP/1.1 413 "));
    caller.socket.destroy();
  });
});
