/** Flows that hand odd things to an out node: each caller gets an answer, and Node-RED lives on. */
import assert from "node:assert/strict";
import { REQUEST as ROUTING_REQUEST } from "../../fixtures/smartrouting.js";
import { REQUEST as LAYER_REQUEST } from "../../fixtures/voicenter.js";
import { catchProbe, code, node, tab } from "../../support/flow.js";
import type { FlowNode } from "../../support/node-red.js";
import { NodeRed } from "../../support/node-red.js";
import { send } from "../../support/webhook.js";

/** What a function node makes of the message, by what is odd about it; `route` is a good answer for both vendors. */
const ODD_FLOWS = {
  "nothing as payload": "msg.payload = undefined",
  "text as payload": "msg.payload = 'text'",
  "a list of lists": "msg.payload = [[]]",
  "a symbol": "msg.payload = Symbol('x')",
  "a promise": "msg.payload = Promise.resolve(route)",
  "a buffer": "msg.payload = Buffer.from('LAYER')",
  "properties that throw":
    "msg.payload = new Proxy({}, { ownKeys() { throw new Error('keys') }, get() { throw new Error('get') } })",
  "a getter that throws":
    "msg.payload = { get LAYER() { throw new Error('get') }, get InitialTarget() { throw new Error('get') } }",
  "a value that cannot be text":
    "msg.payload = { LAYER: { toString() { throw new Error('text') } }, InitialTarget: Symbol('x') }",
  "a circle": "msg.payload = { ...route }; msg.payload.CUSTOM_DATA = msg.payload; msg.payload.CustomTTS = msg.payload",
  "20,000 levels":
    "let deep = {}; for (let i = 0; i < 20000; i++) deep = { deep }; msg.payload = { ...route, CUSTOM_DATA: { deep }, CustomMSI: deep }",
  "custom data that cannot be JSON":
    "msg.payload = { ...route, CUSTOM_DATA: { a: { toJSON() { throw new Error('json') } }, b: 1n, c() {}, d: Symbol('x') } }",
  "20,000 long values":
    "msg.payload = { ...route, CUSTOM_DATA: Object.fromEntries(Array.from({ length: 20000 }, (_, i) => [i, 'x'.repeat(200)])) }",
  "an odd action": "msg.payload = { ...route, ACTION: { toString() { throw new Error('text') } } }",
  "an odd status": "msg.payload = { ...route, STATUS: 1n }",
  "a session that is none": "msg.payload = route; msg.session = new Proxy({}, { get() { throw new Error('get') } })",
  "a frozen session": "msg.payload = route; Object.freeze(msg.session ?? {})",
  "an id that throws": "Object.defineProperty(msg, '_webhook', { get() { throw new Error('id') } })",
  "a message that is its own id": "msg.payload = route; msg._webhook = msg",
} as const;

const DEADLINE_MS = 1500;

describe("odd answers", function () {
  this.timeout(120_000);
  let red: NodeRed;
  const flow = (name: string, inType: string, outType: string, route: object): FlowNode[] => [
    node(`${name}-in`, inType, { url: `/${name}`, auth: "none", deadline: DEADLINE_MS }, [[`${name}-flow`], []]),
    code(
      `${name}-flow`,
      `const route = ${JSON.stringify(route)};\nswitch (msg.req.query.odd) {\n${Object.entries(ODD_FLOWS)
        .map(([title, change]) => `case ${JSON.stringify(title)}: { ${change}; break; }`)
        .join("\n")}\ndefault: msg.payload = route;\n}\nreturn msg;`,
      [[`${name}-out`]],
    ),
    node(`${name}-out`, outType, { action: "msg" }),
  ];

  before(async () => {
    red = await NodeRed.start({
      flows: [
        tab(),
        ...flow("voicenter", "voicenter-layer-in", "voicenter-layer-out", { ACTION: "GO_TO_LAYER", LAYER: 7 }),
        ...flow("smartrouting", "smartrouting-in", "smartrouting-out", { InitialTarget: "+1" }),
        ...catchProbe(),
      ],
    });
  });
  after(() => red?.stop());

  for (const title of Object.keys(ODD_FLOWS)) {
    it(`get an answer in time: ${title}`, async () => {
      const ask = (name: string, body: object, odd: string): ReturnType<typeof send> =>
        send(`${red.url}/${name}?odd=${encodeURIComponent(odd)}`, body);
      const layer = await ask("voicenter", LAYER_REQUEST, title);
      assert.equal(layer.status, 200);
      assert.ok([0, 1].includes((layer.json as { STATUS: number }).STATUS), layer.text.slice(0, 200));
      const routing = await ask("smartrouting", ROUTING_REQUEST, title);
      assert.ok([200, 204].includes(routing.status), routing.text.slice(0, 200));
      const good = await ask("voicenter", LAYER_REQUEST, "");
      assert.deepEqual(good.json, { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 7 });
    });
  }
});
