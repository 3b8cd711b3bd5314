/** Every example with nothing there: no simulator, no stand-in, no credential, and requests that make no sense. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { readExamples } from "../../demo/examples.js";
import { packForms } from "../support/forms.js";
import { EXAMPLE_FOLDER, exampleFlows, pressButton } from "../support/examples.js";
import { statusProbe } from "../support/flow.js";
import { type FlowNode, NodeRed } from "../support/node-red.js";
import { until } from "../support/wait.js";

/** Nothing listens there. */
const NOWHERE = "http://127.0.0.1:1";
/** Nodes that wait for a vendor from the start, and say on their badge that there is none. */
const LISTENERS = ["rte-subscribe", "cti-subscribe"];

describe("examples with nothing there", () => {
  const examples = exampleFlows(readExamples(), new Map());
  const named = (type: string): FlowNode[] => examples.filter((node) => node.type === type);
  const listeners = LISTENERS.flatMap(named);
  const flows = [...examples];
  for (const { id, z } of listeners)
    for (const each of statusProbe([id], `badge ${id}`)) flows.push({ ...each, z: String(z) });
  let red: NodeRed;

  before(async () => {
    red = await NodeRed.start({
      flows,
      env: { CC_RTE_URL: NOWHERE, CC_CTI_URL: NOWHERE, CC_WEBITEL_URL: NOWHERE, CC_NODE_RED_URL: NOWHERE },
    });
  });
  after(async () => {
    await red.stop();
    rmSync(EXAMPLE_FOLDER, { recursive: true, force: true });
  });
  // Nothing of what was tried has broken an example's own code, and Node-RED still runs.
  afterEach(() => {
    assert.deepEqual(
      red.log.filter((line) => /TypeError|ReferenceError|Uncaught|\[object Object\]|ContactCenterError/.test(line)),
      [],
    );
    assert.equal(red.child.exitCode, null);
  });

  async function request(path: string, method = "GET", body?: BodyInit, type?: string): Promise<Response> {
    const headers = type === undefined ? {} : { "Content-Type": type };
    return fetch(red.url + path, { method, headers, ...(body !== undefined && { body }), signal: AbortSignal.timeout(8000) });
  }

  it("have only nodes that are installed", () => {
    assert.ok([...packForms().keys()].every((type) => named(type).length > 0));
    assert.deepEqual(
      red.log.filter((line) => /missing types|unknown/i.test(line)),
      [],
    );
  });

  it("stand in the editor's import menu", async () => {
    const menu = `${red.adminUrl}/library/examples/flows/@contact-center/node-red-contrib-contact-center`;
    for (const { vendor, name, nodes } of readExamples()) {
      const answer = await fetch(`${menu}/${vendor}/${encodeURIComponent(name)}`);
      assert.deepEqual(await answer.json(), nodes, `${vendor}/${name}`);
    }
  });

  it("say on the badge that the vendor is not there", async () => {
    for (const { id, name, type } of listeners) {
      const { status } = await red.message(`badge ${id}`, ({ status }) => /red|yellow/.test(JSON.stringify(status)));
      assert.match((status as { text: string }).text, /\S/, `${type} ${String(name)}`);
    }
  });

  it("answer each call in time: as always, or with the fallback", async () => {
    const routed = named("smartrouting-in").map(async ({ url }) => {
      const answer = await request(String(url), "POST", '{"anum":"+358401112233","bnum":"+358942000100"}');
      assert.ok([200, 204].includes(answer.status), `${String(url)} ${answer.status}`);
    });
    const layers = named("voicenter-layer-in").map(async ({ url }) => {
      const answer = await request(String(url), "POST", '{"DATA":{"DTMF":"0","LAYER_ID":1,"IVR_UNIQUE_ID":"alone"}}');
      assert.equal(((await answer.json()) as { STATUS: number }).STATUS, 0, String(url));
    });
    const lookup = async (): Promise<void> =>
      assert.deepEqual(await (await request("/webitel/lookup?cid=%2B380441112233")).json(), {
        found: true,
        debt: true,
        name: "Contoso Oy",
      });
    await Promise.all([...routed, ...layers, lookup()]);
  });

  it("answer what makes no sense with a status below 500", async () => {
    const hooks = ["smartrouting-in", "voicenter-layer-in", "cti-event-in", "webitel-event-in"].flatMap(named);
    for (const { url, type } of hooks)
      for (const body of ["", "{", "[]", '{"DATA":7,"anum":{},"event":[]}']) {
        const { status } = await request(String(url), "POST", body, "application/json");
        assert.ok(status < 500, `${type} ${String(url)} ${body}: ${status}`);
      }
  });

  it("say on their pages what is missing, as text", async () => {
    const posted = (fields: Record<string, string>): [string, BodyInit] => ["POST", new URLSearchParams(fields)];
    const cases: [path: string, status: number, request: [string, BodyInit?]][] = [
      ["/webitel/crm", 503, ["GET"]],
      ["/webitel/call", 503, posted({ destination: "+380441112233", extension: "1017" })],
      ["/webitel/result", 503, posted({ attempt: "1", status: "success" })],
      ["/demo-dial", 503, posted({ agent: "sip:a@contoso.example", number: "+31201234567" })],
      ["/demo-dial", 400, posted({ agent: "", number: "<script>" })],
      ["/demo-dial", 400, posted({})],
    ];
    for (const [path, expected, [method, body]] of cases) {
      const answer = await request(path, method, body);
      assert.deepEqual(
        [answer.status, answer.headers.get("content-type")],
        [expected, "text/plain; charset=utf-8"],
        `${method} ${path}`,
      );
      assert.match(await answer.text(), /\.$/);
    }
    for (const page of ["/webitel/result", "/demo-dial", "/demo-history"])
      assert.equal((await request(page)).status, 200, page);
    assert.equal((await request("/demo-rte/activate", "POST")).status, 503);
  });

  it("say at each button what failed, and end at once", async () => {
    for (const { name } of named("inject"))
      if (!/^(?:Pretend|Clock|Use|activate|deactivate|At start)/.test(String(name))) await pressButton(red, examples, String(name));
    const said = async (probe: string, failed: string): Promise<void> => {
      await red.message(probe, ({ payload }) => (payload as { failed?: string }).failed === failed, 20_000);
    };
    await said("Upload failed", "webitel");
    await said("Upload failed", "Ask for the list");
    await said("Not loaded", "Ask the service");
    await said("commands refused", "anywhere365");
    await until("the alarm", () =>
      red.messages("ALARM").some(({ payload }) => (payload as { why: string }).why.startsWith("Connection refused")), 20_000);
  });
});
