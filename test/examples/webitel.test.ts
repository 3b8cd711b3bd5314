/** Each Webitel example, tried against the simulator on a real Node-RED. */
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { layOut, readExamples } from "../../demo/examples.js";
import {
  startWebitelSimulator,
  WEBITEL_DEMO_TOKEN,
  type WebitelSimulator,
} from "../../simulators/webitel/simulator.js";
import { probe } from "../support/flow.js";
import { type FlowNode, freePort, NodeRed } from "../support/node-red.js";
import { runAction } from "../support/run-action.js";
import { until } from "../support/wait.js";

const FOLDER = "/tmp/contact-center-demo";

describe("webitel examples", () => {
  let red: NodeRed;
  let simulator: WebitelSimulator;
  let flows: FlowNode[];

  before(async () => {
    rmSync(FOLDER, { recursive: true, force: true });
    simulator = await startWebitelSimulator();
    const port = await freePort();
    red = await NodeRed.start({
      port,
      env: { CC_WEBITEL_URL: simulator.url, CC_NODE_RED_URL: `http://127.0.0.1:${port}` },
    });
    flows = layOut(readExamples().filter(({ vendor }) => vendor === "webitel"));
    // What a user reads in the debug panel, the test reads by probes of the same name.
    const seen = (node: FlowNode): FlowNode => ({
      ...probe(String(node["name"])),
      id: node.id,
      z: String(node["z"]),
      wires: [[]],
    });
    await red.deploy(
      flows.map((node) =>
        node.type === "debug"
          ? seen(node)
          : node.type === "webitel-connection"
            ? { ...node, credentials: { token: WEBITEL_DEMO_TOKEN } }
            : node,
      ),
    );
  });
  after(async () => {
    await red.stop();
    await simulator.close();
    rmSync(FOLDER, { recursive: true, force: true });
  });
  beforeEach(() => red.forget());

  async function button(name: string): Promise<void> {
    const { id } = flows.find((node) => node["name"] === name) as FlowNode;
    assert.equal((await fetch(`${red.adminUrl}/inject/${id}`, { method: "POST" })).status, 200);
  }
  const payload = async (name: string): Promise<unknown> => (await red.message(name))["payload"];
  const post = (path: string, fields: Record<string, string>): Promise<Response> =>
    fetch(red.url + path, { method: "POST", body: new URLSearchParams(fields) });

  it("01 loads the sample file, writes the refused row to a file and says it in words", async () => {
    await button("Write a sample file");
    await until("the file", () => {
      try {
        return readFileSync(`${FOLDER}/members.csv`, "utf8").includes("Petro");
      } catch {
        return false;
      }
    });
    await button("At 8:00");
    assert.match(String(await payload("Report")), /^3 of 4 people are in queue 10, 1 were refused\./);
    await red.message("Refused rows");
    assert.match(
      readFileSync(`${FOLDER}/members.rejected.csv`, "utf8"),
      /^\uFEFFName;Phone;Phone 2;Debt;reason\r\nSpoilt by a spreadsheet;3\.80441E\+11;;10,00;.*by a spreadsheet/,
    );
    const members = simulator.store.queue("10")?.members ?? [];
    assert.deepEqual(
      members.map(({ name, communications }) => [name, communications.length]),
      [
        ["Anna Berg", 1],
        ["Boyko, Olena", 2],
        ["Petro Koval", 1],
      ],
    );
    assert.ok(Number(members[0]?.expire_at) > Date.now());
    red.forget();
    await button("Go on");
    assert.match(((await red.message("Upload failed"))["error"] as { message: string }).message, /nothing to resume/);
  });

  it("02 puts each member into the bucket of its agent", async () => {
    await button("Load them");
    await red.message("Report");
    const members = simulator.store.queue("10")?.members.slice(-3) ?? [];
    assert.deepEqual(
      members.map(({ name, bucket }) => [name, bucket?.id]),
      [
        ["Contoso Oy", "1"],
        ["Fabrikam", "2"],
        ["Northwind", "4"],
      ],
    );
    assert.deepEqual(((await payload("Member ids")) as { ids: Record<string, string> }).ids["3"], members[2]?.id);
  });

  it("03 loads the list of an API at its pace", async () => {
    const startMs = Date.now();
    await button("Fetch and load");
    assert.equal(((await payload("Report")) as { accepted: number }).accepted, 200);
    assert.ok(Date.now() - startMs >= 2900, "50 per second");
    const [first] = simulator.store.queue("11")?.members ?? [];
    assert.deepEqual(
      [first?.name, first?.variables?.["crm_id"], first?.["segment"]],
      ["Customer 1", "9000", undefined],
    );
  });

  it("04 starts a call from the page's button, and says why not", async () => {
    const page = await (await fetch(`${red.url}/webitel/crm`)).text();
    assert.match(page, /<option value="1017">Anna Berg \(online\)<\/option>/);
    assert.match(
      await (await post("/webitel/call", { destination: "+380441112233", extension: "1017" })).text(),
      /Your phone rings/,
    );
    assert.deepEqual(simulator.store.calls[0]?.variables, { crm_case: "9001" });
    assert.equal((await post("/webitel/call", { destination: "", extension: "1017" })).status, 409);
  });

  it("05 and 07 show the record when a call is offered, and report the result back", async () => {
    await runAction(simulator, "offer", { queue: "10", url: `${red.url}/webitel/events` });
    const pop = (await payload("Show to the agent")) as { agent: string; customer: string; open: string };
    assert.deepEqual([pop.agent, pop.customer], ["1017", "+380441112233"]);
    await runAction(simulator, "bridge", { url: `${red.url}/webitel/events` });
    assert.equal(((await red.message("Answered"))["call"] as { state: string }).state, "connected");
    const form = await (await fetch(pop.open)).text();
    const [, queue = "", member = "", attempt = ""] =
      /queue" value="(\d+)"[\s\S]*member" value="(\d+)"[\s\S]*attempt" value="(\d+)"/.exec(form) ?? [];
    const answer = await post("/webitel/result", { queue, member, attempt, status: "callback" });
    assert.equal(await answer.text(), "Webitel knows: callback");
    const { result } = simulator.store.attempts[0] ?? {};
    assert.deepEqual([result?.["status"], new Date(Number(result?.["min_offering_at"])).getHours()], ["callback", 9]);
    assert.equal((await post("/webitel/result", { attempt: "", status: "success" })).status, 409);
  });

  it("06 looks a caller up", async () => {
    const lookup = async (cid: string): Promise<unknown> =>
      ((await runAction(simulator, "lookup", { url: `${red.url}/webitel/lookup`, cid })) as { body: unknown }).body;
    assert.deepEqual(await lookup("+380441112233"), { found: true, debt: true, name: "Contoso Oy" });
    assert.deepEqual(await lookup("+380447778899"), { found: true, debt: false, name: "Fabrikam" });
    assert.deepEqual(await lookup(""), { found: false });
  });
});
