/** webitel-lookup-in, webitel-lookup-out and webitel-event-in on a real Node-RED, rung by the simulator. */
import assert from "node:assert/strict";
import { startWebitelSimulator, type WebitelSimulator } from "../../../simulators/webitel/simulator.js";
import { catchProbe, code, node, probe, tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { runAction } from "../../support/run-action.js";
import { until } from "../../support/wait.js";
import { send } from "../../support/webhook.js";

interface Answer {
  status: number;
  body: unknown;
}

describe("webitel webhooks", () => {
  let red: NodeRed;
  let simulator: WebitelSimulator;
  before(async () => {
    simulator = await startWebitelSimulator();
    red = await NodeRed.start();
  });
  after(async () => {
    await red.stop();
    await simulator.close();
  });
  beforeEach(() => red.forget());

  describe("look-up", () => {
    const deploy = (change: string, settings: object = {}): Promise<void> =>
      red.deploy([
        tab(),
        node("in", "webitel-lookup-in", { url: "/lookup", auth: "none", deadline: 500, ...settings }, [
          ["seen"],
          ["fallback"],
        ]),
        probe("seen", [["change"]]),
        code("change", change, [["out"]]),
        node("out", "webitel-lookup-out"),
        probe("fallback"),
        ...catchProbe(),
      ]);
    const lookup = (cid = "+380441112233"): Promise<Answer> =>
      runAction(simulator, "lookup", { url: `${red.url}/lookup`, cid }) as Promise<Answer>;

    it("answers with the flow's object", async () => {
      await deploy('msg.payload = { found: true, debt: msg.payload.cid === "+380441112233" }; return msg;');
      assert.deepEqual(((await lookup()) as { body: unknown }).body, { found: true, debt: true });
      const { payload, call, event, req, topic } = await red.message("seen");
      assert.deepEqual(payload, { cid: "+380441112233" });
      assert.equal(topic, undefined);
      assert.deepEqual(
        { ...(call as object), at: "" },
        { vendor: "webitel", state: "incoming", direction: "inbound", from: "+380441112233", at: "" },
      );
      assert.deepEqual([(event as { vendor: string }).vendor, (req as { method: string }).method], ["webitel", "GET"]);
    });

    it("takes a plus sign that stands in the address as it is", async () => {
      await deploy("return msg;");
      await send(`${red.url}/lookup?cid=+380441112233&a=+1&key=mine`, undefined, { method: "GET" });
      const { payload, call, reason } = await red.message("fallback");
      assert.deepEqual(payload, { cid: "+380441112233", a: " 1", key: "mine" });
      assert.equal((call as { from: string }).from, "+380441112233");
      assert.equal(reason, "error", "the query is no answer, also when its number was mended");
    });

    it("takes a caller without a number, and gives each look-up a key of its own", async () => {
      await deploy("msg.payload = { found: false, known: 0 }; return msg;");
      await lookup("");
      await lookup("");
      await until("both", () => red.messages("seen").length === 2);
      const keys = red.messages("seen").map(({ event }) => (event as { key: string }).key);
      assert.equal(new Set(keys).size, 2);
      assert.deepEqual(red.messages("seen")[0]?.["payload"], {});
    });

    const bad: [string, string, string][] = [
      ["nothing", "return null;", "deadline"],
      ["the query", "return msg;", "error"],
      ["the query without the request", "delete msg.req; return msg;", "error"],
      ["text", 'msg.payload = "yes"; return msg;', "error"],
      ["a list", "msg.payload = [1]; return msg;", "error"],
      ["a date", "msg.payload = new Date(); return msg;", "error"],
      ["an error", 'msg.payload = new Error("the CRM is down"); return msg;', "error"],
      ["an error with data", 'msg.payload = Object.assign(new Error("x"), { found: 1 }); return msg;', "error"],
      ["a map", 'msg.payload = new Map([["found", true]]); return msg;', "error"],
      ["what becomes a number", "msg.payload = { toJSON: () => 5 }; return msg;", "error"],
      ["what becomes null", "msg.payload = { toJSON: () => null }; return msg;", "error"],
      ["what becomes nothing", "msg.payload = { toJSON() {} }; return msg;", "error"],
      ["what cannot be written", "msg.payload = { me: msg }; return msg;", "error"],
    ];
    for (const [what, change, reason] of bad) {
      it(`answers {"found": false} when the flow gives ${what}`, async () => {
        await deploy(change);
        const { status, body } = await lookup();
        assert.deepEqual([status, body], [200, { found: false }]);
        assert.equal((await red.message("fallback"))["reason"], reason);
        if (reason === "error")
          assert.equal(((await red.message("caught"))["error"] as { code: string }).code, "EINVALID");
      });
    }

    it("refuses wrong credentials and methods, and keeps the secret out of the message", async () => {
      await deploy("msg.payload = { found: true }; return msg;", {
        auth: "secret",
        credentials: { secret: "s3cret-value" },
      });
      assert.equal((await send(`${red.url}/lookup?cid=1&key=wrong`, undefined, { method: "GET" })).status, 401);
      assert.equal((await send(`${red.url}/lookup/s3cret-value`, {})).status, 405);
      assert.equal((await send(`${red.url}/lookup?cid=1&key=s3cret-value`, undefined, { method: "GET" })).status, 200);
      assert.ok(!JSON.stringify(red.seen).includes("s3cret-value"));
    });

    it("never takes digits of a password out of a number", async () => {
      await deploy("msg.payload = { found: true }; return msg;", {
        auth: "basic",
        credentials: { username: "u", password: "44111223" },
      });
      const headers = { Authorization: `Basic ${Buffer.from("u:44111223").toString("base64")}` };
      await send(`${red.url}/lookup?cid=380441112233`, undefined, { method: "GET", headers });
      assert.deepEqual((await red.message("seen"))["payload"], { cid: "380441112233" });
    });
  });

  describe("events", () => {
    const deploy = (): Promise<void> =>
      red.deploy([tab(), node("in", "webitel-event-in", { url: "/events", auth: "none" }, [["seen"]]), probe("seen")]);
    const EVENT = {
      event: "bridged",
      direction: "inbound",
      queue: 12,
      member: "881201",
      attempt: "553377",
      uuid: "0b6f5e4d",
      agent: "1017",
      cid: "+380441112233",
    };

    it("answers {} at once and sends the fields as text", async () => {
      await deploy();
      const reply = await send(`${red.url}/events`, EVENT);
      assert.deepEqual([reply.status, reply.json], [200, {}]);
      const { payload, topic, call } = await red.message("seen");
      assert.deepEqual(payload, { ...EVENT, queue: "12" });
      assert.equal(topic, "bridged");
      assert.deepEqual(
        { ...(call as object), at: "" },
        {
          vendor: "webitel",
          id: "0b6f5e4d",
          state: "connected",
          direction: "inbound",
          from: "+380441112233",
          agent: { id: "1017" },
          queue: { id: "12" },
          at: "",
        },
      );
    });

    it("takes a form, and gives the same event the same key whichever way it comes", async () => {
      await deploy();
      await send(`${red.url}/events`, EVENT);
      await send(`${red.url}/events`, new URLSearchParams({ ...EVENT, queue: "12" }).toString(), {
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
      });
      await send(`${red.url}/events`, { ...EVENT, event: "offering", direction: "outbound" });
      await red.message("seen", ({ topic }) => topic === "offering");
      const [json, form, other] = red.messages("seen").map(({ event }) => (event as { key: string }).key);
      assert.equal(json, form);
      assert.notEqual(json, other);
      const call = red.messages("seen")[2]?.["call"] as { state: string; to: string; from?: string };
      assert.deepEqual([call.state, call.to, call.from], ["offered", "+380441112233", undefined]);
    });

    it("takes a form without a content type, or with another one, and no other text", async () => {
      await deploy();
      const form = new URLSearchParams({ ...EVENT, queue: "12" }).toString();
      const types = ["", "text/plain", "application/json"];
      for (const type of types) {
        const reply = await send(`${red.url}/events`, form, { headers: { "Content-Type": type } });
        assert.deepEqual([reply.status, reply.json], [200, {}], type);
      }
      const framed = [`\uFEFF${form}`, `\r\n${form}`, `\uFEFF\n${form}\r\n`];
      for (const text of framed)
        for (const type of ["", "application/x-www-form-urlencoded"])
          assert.equal(
            (await send(`${red.url}/events`, text, { headers: { "Content-Type": type } })).status,
            200,
            text,
          );
      await red.message("seen", () => red.messages("seen").length === types.length + 2 * framed.length);
      for (const { payload } of red.messages("seen")) assert.deepEqual(payload, { ...EVENT, queue: "12" });
      for (const text of ['{"event":', "hello", "a b=c"])
        assert.equal((await send(`${red.url}/events`, text, { headers: { "Content-Type": "" } })).status, 400, text);
    });

    it("reads an agent and a queue that are objects", async () => {
      await deploy();
      await send(`${red.url}/events`, {
        ...EVENT,
        agent: { id: 17, name: "Olha" },
        queue: { id: "12", name: "Debts" },
      });
      const { payload, call } = (await red.message("seen")) as {
        payload: Record<string, string>;
        call: { agent: object; queue: object };
      };
      assert.deepEqual(
        [call.agent, call.queue],
        [
          { id: "17", name: "Olha" },
          { id: "12", name: "Debts" },
        ],
      );
      assert.equal(payload["agent"], '{"id":17,"name":"Olha"}');
    });

    it("takes a form whose number has its plus as it is", async () => {
      await deploy();
      await send(`${red.url}/events`, EVENT);
      const form = new URLSearchParams({ ...EVENT, queue: "12" }).toString().replace("%2B", "+");
      await send(`${red.url}/events`, form, { headers: { "Content-Type": "application/x-www-form-urlencoded" } });
      await red.message("seen", () => red.messages("seen").length === 2);
      const [json, plus] = red.messages("seen") as { payload: { cid: string }; event: { key: string } }[];
      assert.deepEqual([plus?.payload.cid, plus?.event.key], [EVENT.cid, json?.event.key]);
    });

    it("says who called whom only where the direction is known", async () => {
      await deploy();
      for (const direction of ["OUTBOUND", "internal"]) await send(`${red.url}/events`, { ...EVENT, direction });
      await red.message("seen", ({ payload }) => (payload as { direction: string }).direction === "internal");
      const calls = red.messages("seen").map(({ call }) => call as { direction?: string; from?: string; to?: string });
      assert.deepEqual(
        calls.map(({ direction, from, to }) => [direction, from, to]),
        [
          ["outbound", undefined, EVENT.cid],
          [undefined, undefined, undefined],
        ],
      );
    });

    it("passes an event on that we do not know, with a warning and without a call", async () => {
      await deploy();
      await send(`${red.url}/events`, { event: "hangup", cid: "1" });
      const message = await red.message("seen");
      assert.deepEqual([message["topic"], message["call"]], ["hangup", undefined]);
      assert.ok(red.log.some((line) => line.includes("hangup")));
    });

    it("logs short single lines about unknown events, however many and long their names are", async () => {
      await deploy();
      const before = red.log.length;
      const forged = "x\n21 Nov 10:00:00 - [error] forged";
      for (const event of [forged, forged, "y".repeat(60_000)]) await send(`${red.url}/events`, { event });
      for (let at = 0; at < 150; at++) await send(`${red.url}/events`, { event: `own-${at}` });
      await red.message("seen", ({ topic }) => topic === "own-149");
      const lines = red.log.slice(before).filter((line) => !line.includes("Started"));
      assert.equal(lines.length, 100);
      assert.ok(
        lines.every((line) => line.length < 300 && line.includes("[warn]")),
        lines.join("\n"),
      );
      assert.equal(lines.filter((line) => line.includes("forged")).length, 1);
    });

    it("hears of the dialer's attempt: offered, then answered", async () => {
      await deploy();
      const queue = simulator.store.queue("10");
      const [member] = queue
        ? simulator.store.insert(queue, [{ communications: [{ destination: "+380447778899", type: { id: "1" } }] }])
        : [];
      await runAction(simulator, "offer", { queue: "10", url: `${red.url}/events`, agent: "1017" });
      await runAction(simulator, "bridge", { url: `${red.url}/events` });
      await red.message("seen", ({ topic }) => topic === "bridged");
      assert.deepEqual(
        red
          .messages("seen")
          .map(({ payload }) => [(payload as { member: string }).member, (payload as { event: string }).event]),
        [
          [member, "offering"],
          [member, "bridged"],
        ],
      );
    });
  });
});
