/** What a flow remembers of a call from layer to layer. */
import assert from "node:assert/strict";
import { code, node, tab } from "../../support/flow.js";
import { voicenterNodes } from "../../support/voicenter-nodes.js";
import { until } from "../../support/wait.js";
import { type Reply, send } from "../../support/webhook.js";

describe("voicenter nodes and msg.session", () => {
  const nodes = voicenterNodes();
  const { deploy, call, withData } = nodes;

  const layerOf = async (reply: Promise<Reply>): Promise<unknown> =>
    ((await reply).json as Record<string, unknown>)["LAYER"];
  const from = (id: string): object => withData({ IVR_UNIQUE_ID: id });

  it("is kept from layer to layer, for each call", async () => {
    await deploy({}, "msg.session.tries = (msg.session.tries || 0) + 1; msg.payload = { LAYER: msg.session.tries }");
    for (const tries of [1, 2, 3]) assert.equal(await layerOf(call(from("one"))), tries);
    assert.equal(await layerOf(call(from("two"))), 1);
  });

  it("survives a deploy, other nodes, a copy of the message and a new object", async () => {
    await deploy({}, 'msg.session = { name: "Dana" }; msg.payload = { LAYER: 1 }');
    await call(from("three"));
    await nodes.red.deploy([
      tab(),
      node("other", "voicenter-layer-in", { url: "/other", auth: "none" }, [["debugged", "copied"], []]),
      code("debugged", "msg.session.name = 'lost'; return null;"),
      code("copied", "msg.session.tries = 2; msg.payload = { LAYER: 2 }; return msg;", [["answer"]]),
      node("answer", "voicenter-layer-out", { action: "GO_TO_LAYER" }),
      node("in", "voicenter-layer-in", { url: "/layer", auth: "none" }, [["told"], []]),
      code("told", "msg.payload = { LAYER: 3, CALLER_NAME: JSON.stringify(msg.session) }; return msg;", [["answer"]]),
    ]);
    assert.equal(await layerOf(send(`${nodes.red.url}/other`, from("three"))), 2);
    const { CALLER_NAME } = (await call(from("three"))).json as { CALLER_NAME: string };
    assert.equal((JSON.parse(CALLER_NAME) as { tries: number }).tries, 2);
  });

  it("is in the next layer what it was at the answer, whatever the flow does with the object after it", async () => {
    // The second wire gets a copy of the message, the first one the message itself.
    await nodes.red.deploy([
      tab(),
      node("in", "voicenter-layer-in", { url: "/layer", auth: "none" }, [["flow"], []]),
      code(
        "flow",
        `const { session } = msg;
         msg.payload = { LAYER: session.seen ? 2 : 1, CALLER_NAME: JSON.stringify(session) };
         session.seen = { at: 1, when: new Date(0), bytes: Buffer.from("x") };
         node.send(msg);
         setTimeout(() => { session.seen.at = 2; session.later = true; global.set("changed", true); }, 20);
         return null;`,
        [["answer"]],
      ),
      node("answer", "voicenter-layer-out", { action: "GO_TO_LAYER" }),
    ]);
    assert.equal(await layerOf(call(from("late"))), 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { CALLER_NAME } = (await call(from("late"))).json as { CALLER_NAME: string };
    const { seen, later } = JSON.parse(CALLER_NAME) as { seen: { at: number; bytes: object }; later?: boolean };
    assert.deepEqual([seen.at, seen.bytes, later], [1, { type: "Buffer", data: [120] }, undefined]);
  });

  it("is forgotten when a deploy leaves no node to which calls come", async () => {
    const flow = "msg.session.tries = (msg.session.tries || 0) + 1; msg.payload = { LAYER: msg.session.tries }";
    await deploy({}, flow);
    for (const tries of [1, 2]) assert.equal(await layerOf(call(from("five"))), tries);
    await deploy({}, flow);
    assert.equal(await layerOf(call(from("five"))), 3);
    await nodes.red.deploy([tab()]);
    await deploy({}, flow);
    assert.equal(await layerOf(call(from("five"))), 1);
  });

  it("stays as it was, with a warning, where a flow puts no object there", async () => {
    const flow = `const { known } = msg.session;
      msg.session = known ? "text" : { known: true };
      msg.payload = { LAYER: known ? 2 : 1 };`;
    await deploy({}, flow);
    for (const layer of [1, 2, 2]) assert.equal(await layerOf(call(from("four"))), layer);
    await until("the warning", () => nodes.red.log.some((line) => line.includes("msg.session is no object")));
  });

  it("is empty for a call without an id", async () => {
    await deploy({}, "msg.session.tries = (msg.session.tries || 0) + 1; msg.payload = { LAYER: msg.session.tries }");
    for (let calls = 0; calls < 2; calls++) assert.equal(await layerOf(call({ DATA: { LAYER_ID: 1 } })), 1);
  });
});
