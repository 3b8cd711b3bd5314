/** Each Webitel example, tried against the simulator on a real Node-RED. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { readExamples } from "../../demo/examples.js";
import { startWebitelSimulator, type WebitelSimulator } from "../../simulators/webitel/simulator.js";
import { EXAMPLE_FOLDER, exampleFlows, pressButton, StandIns } from "../support/examples.js";
import { freePort, NodeRed } from "../support/node-red.js";
import { runAction } from "../support/run-action.js";
import { until } from "../support/wait.js";

const TEXT = "text/plain; charset=utf-8";

describe("webitel examples", () => {
  let red: NodeRed;
  let simulator: WebitelSimulator;
  let standIns: StandIns;
  const flows = exampleFlows(readExamples().filter(({ vendor }) => vendor === "webitel"));

  before(async () => {
    rmSync(EXAMPLE_FOLDER, { recursive: true, force: true });
    simulator = await startWebitelSimulator();
    const port = await freePort();
    standIns = await StandIns.start(port);
    red = await NodeRed.start({ port, env: { CC_WEBITEL_URL: simulator.url, CC_NODE_RED_URL: standIns.url } });
    await red.deploy(flows);
  });
  after(async () => {
    await red.stop();
    await standIns.close();
    await simulator.close();
    rmSync(EXAMPLE_FOLDER, { recursive: true, force: true });
  });
  beforeEach(() => red.forget());

  const button = (name: string): Promise<void> => pressButton(red, flows, name);
  const payload = async (name: string): Promise<unknown> => (await red.message(name))["payload"];
  const post = (path: string, fields: Record<string, string>): Promise<Response> =>
    fetch(red.url + path, { method: "POST", body: new URLSearchParams(fields) });

  it("01 loads the sample file, writes the refused row to a file and says it in words", async () => {
    await button("At 8:00");
    const { failed, code } = (await payload("Upload failed")) as { failed: string; code: string };
    assert.deepEqual([failed, code], ["webitel", "ENOENT"], "there is no file of the day yet");
    await button("Write a sample file");
    const [file = ""] = await until("the file", () => {
      const files = existsSync(EXAMPLE_FOLDER) ? readdirSync(EXAMPLE_FOLDER).map((name) => `${EXAMPLE_FOLDER}/${name}`) : [];
      return files[0] !== undefined && readFileSync(files[0], "utf8").includes("Petro") ? files : undefined;
    });
    assert.match(file, /\/members-\d{4}-\d\d-\d\d\.csv$/);
    await button("At 8:00");
    assert.match(String(await payload("Report")), /^3 of 4 people are in queue 10\. Refused: 1\. It took/);
    await red.message("Refused rows");
    assert.match(
      readFileSync(file.replace(".csv", ".rejected.csv"), "utf8"),
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
    const refused = await red.message("Upload failed");
    assert.match((refused["payload"] as { why: string }).why, /nothing to resume/);
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

  it("03 loads nothing when the other system fails, or sends no list", async () => {
    for (const [status, body, why] of [
      [500, '{"error":"down"}', /"down"/],
      [200, '"Log in, please"', /member/],
    ] as const) {
      red.forget();
      await standIns.failing(status, body, async () => {
        await button("Fetch and load");
        assert.match(JSON.stringify(await payload("Upload failed")), why);
      });
      assert.deepEqual(red.messages("Report"), []);
    }
  });

  it("04 starts a call from the page's button, and says why not", async () => {
    const page = await (await fetch(`${red.url}/webitel/crm`)).text();
    assert.match(page, /<option value="1017">Anna Berg \(online\)<\/option>/);
    assert.match(
      await (await post("/webitel/call", { destination: "+380441112233", extension: "1017" })).text(),
      /Your phone rings/,
    );
    assert.deepEqual(simulator.store.calls[0]?.variables, { crm_case: "9001" });
    const refused = await post("/webitel/call", { destination: "<b>", extension: "1017" });
    assert.deepEqual([refused.status, refused.headers.get("content-type")], [400, TEXT]);
    assert.match(await refused.text(), /destination/);
    simulator.faults.push("500");
    assert.equal((await post("/webitel/call", { destination: "+380441112233", extension: "1017" })).status, 502);
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
    assert.equal((await post("/webitel/result", { attempt: "", status: "success" })).status, 400);
    assert.equal((await post("/webitel/result", { attempt: "1234567", status: "success" })).status, 502);
    const odd = await post("/webitel/result", { queue, member, attempt, status: "<script>alert(1)</script>" });
    assert.equal(odd.headers.get("content-type"), TEXT);
    const page = await (await fetch(`${red.url}/webitel/result?attempt="><script>alert(1)</script>`)).text();
    assert.ok(!page.includes("<script>"), page);
  });

  it("06 looks a caller up", async () => {
    const lookup = async (cid: string): Promise<unknown> =>
      ((await runAction(simulator, "lookup", { url: `${red.url}/webitel/lookup`, cid })) as { body: unknown }).body;
    assert.deepEqual(await lookup("+380441112233"), { found: true, debt: true, name: "Contoso Oy" });
    assert.deepEqual(await lookup("+380447778899"), { found: true, debt: false, name: "Fabrikam" });
    for (const nobody of ["", "constructor", "__proto__"]) assert.deepEqual(await lookup(nobody), { found: false });
  });

  it("08 loads nobody who is listed, or whose number cannot be compared", async () => {
    const before = simulator.store.queue("10")?.members.length ?? 0;
    await button("Check and load");
    const left = (await payload("Not to be called")) as { name: string }[];
    assert.deepEqual(
      left.map(({ name }) => name),
      ["Fabrikam", "Northwind"],
    );
    assert.equal(((await payload("Report")) as { accepted: number }).accepted, 1);
    const members = simulator.store.queue("10")?.members.slice(before) ?? [];
    assert.deepEqual(
      members.map(({ name }) => name),
      ["Contoso Oy"],
    );
  });

  it("08 loads nobody when the service fails, or answers without a list", async () => {
    for (const [status, body, why] of [
      [503, "{}", /"code":503/],
      [200, '{"listed":"none"}', /has no list/],
      [200, "null", /has no list/],
      [200, "Log in", /has no list|JSON/],
    ] as const) {
      red.forget();
      await standIns.failing(status, body, async () => {
        await button("Check and load");
        assert.match(JSON.stringify(await payload("Not loaded")), why);
      });
      assert.deepEqual(red.messages("Report"), []);
    }
  });

  it("04 and 07 say when Webitel is away", async () => {
    await simulator.close();
    const answers = await Promise.all([
      fetch(`${red.url}/webitel/crm`),
      post("/webitel/call", { destination: "+380441112233", extension: "1017" }),
      post("/webitel/result", { attempt: "1", status: "success" }),
    ]);
    for (const answer of answers) {
      assert.deepEqual([answer.status, answer.headers.get("content-type")], [503, TEXT], answer.url);
      assert.match(await answer.text(), /^Connection refused by /);
    }
  });
});
