/** What a message says when it comes is what is loaded, however long it waits behind others. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "../../../lib/webitel/upload/report.js";
import { node } from "../../support/flow.js";
import { until } from "../../support/wait.js";
import { people } from "../../support/webitel/bench-run.js";
import { uploadFlow } from "../../support/webitel/flow.js";
import { SECRET, Uploads } from "../../support/webitel/uploads.js";

/** One thing that a flow does. */
interface Step {
  /** Global variables that it sets. */
  set?: Record<string, unknown>;
  /** A message that it sends; its payload is kept as `name`. */
  send?: Record<string, unknown>;
  name?: string;
  /** A payload that is changed in place: emptied, or its rows or bytes. */
  change?: string;
  how?: "empty" | "rows" | "bytes";
}

/** A flow that goes on with what it has sent, as one that collects rows does. Buffers come as `{buffer: text}`, Maps as `{map: {}}`. */
const SCRIPT = `
const kept = global.get("kept") || {};
global.set("kept", kept);
const { res, payload: steps } = msg;
for (const { set = {}, send, name, change, how } of steps) {
  for (const [key, value] of Object.entries(set)) global.set(key, value);
  if (send) {
    if (send.payload && send.payload.buffer !== undefined) send.payload = Buffer.from(send.payload.buffer);
    for (const row of Array.isArray(send.payload) ? send.payload : [])
      if (row.variables && row.variables.map) row.variables = new Map(Object.entries(row.variables.map));
    kept[name] = send.payload;
    node.send(send, false);
  }
  const old = kept[change];
  if (how === "empty") old.length = 0;
  if (how === "rows") for (const row of old) row.destination = "+380991112233";
  if (how === "bytes") old.write(old.toString().replaceAll("+38044", "+38099"));
}
res._res.end();`;

describe("webitel-dialer-member-upload: lists that wait", () => {
  const uploads = Uploads.ofThisSuite();
  const { members, report, caught } = uploads;
  let folder: string;
  before(async () => void (folder = await mkdtemp(join(tmpdir(), "waiting-"))));
  after(() => rm(folder, { recursive: true }));
  beforeEach(() => {});

  const deploy = (settings: object): Promise<void> =>
    uploads.red.deploy([
      ...uploadFlow(uploads.simulator.url, { batchSize: 10, rate: 100, ...settings }, SECRET),
      node("script-in", "http in", { url: "/script", method: "post", upload: false, swaggerDoc: "" }, [["script"]]),
      node(
        "script",
        "function",
        { func: SCRIPT, outputs: 1, timeout: 0, noerr: 0, initialize: "", finalize: "", libs: [] },
        [["up"]],
      ),
    ]);
  const run = async (...steps: Step[]): Promise<void> => {
    const body = JSON.stringify(steps);
    const answer = await fetch(`${uploads.red.url}/script`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
    });
    assert.equal(answer.status, 200);
  };
  const reports = async (count: number): Promise<Report[]> => {
    await until("the reports", () => uploads.red.messages("report").length === count);
    return uploads.red.messages("report").map(({ payload }) => payload as Report);
  };
  /** Rows of a name of their own. */
  const list = (name: string, count = 15): Record<string, unknown>[] => people(count, () => ({ name }));
  const csv = (name: string): string =>
    `name;destination\n${list(name)
      .map(({ destination }) => `${name};${String(destination)}\n`)
      .join("")}`;
  const names = (queue = "10"): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { name = "" } of members(queue)) counts[name] = (counts[name] ?? 0) + 1;
    return counts;
  };
  const numbers = (name: string): string[] =>
    members()
      .filter((member) => member.name === name)
      .map(({ communications }) => communications[0]?.destination ?? "")
      .sort();

  it("go into the queue, and with the defaults, that were set when their message came", async () => {
    await deploy({
      queueId: "queue",
      queueIdType: "global",
      defaults: [
        { field: "type", value: "1", valueType: "str" },
        { field: "variables.campaign", value: "campaign", valueType: "global" },
      ],
    });
    await run({ set: { queue: "10", campaign: "first" }, send: { payload: list("one", 40) } });
    await run({ set: { queue: "11", campaign: "second" }, send: { payload: list("two") } });
    await run({ set: { queue: "10", campaign: "third" } });
    assert.deepEqual(
      (await reports(2)).map(({ queueId }) => queueId),
      ["10", "11"],
    );
    assert.deepEqual([names("10"), names("11")], [{ one: 40 }, { two: 15 }]);
    const campaigns = ["10", "11"].map((id) => new Set(members(id).map(({ variables }) => variables?.["campaign"])));
    assert.deepEqual(campaigns, [new Set(["first"]), new Set(["second"])]);
  });

  it("are the files that were named when their message came", async () => {
    for (const name of ["one", "two", "three"]) await writeFile(join(folder, name), csv(name));
    await deploy({ source: "file", filename: "file", filenameType: "global" });
    for (const name of ["one", "two", "three"]) await run({ set: { file: join(folder, name) }, send: {} });
    await reports(3);
    assert.deepEqual(names(), { one: 15, two: 15, three: 15 });
  });

  it("are refused where their file has changed before their turn: it is not what the message was about", async () => {
    const path = join(folder, "changing");
    await writeFile(path, csv("old"));
    await deploy({ source: "file" });
    await writeFile(
      join(folder, "long"),
      `name;destination\n${list("one", 80)
        .map(({ destination }) => `one;${String(destination)}\n`)
        .join("")}`,
    );
    await run({ send: { filename: join(folder, "long") } }, { send: { filename: path } });
    await uploads.red.message("badge", ({ status }) => (status as { text: string }).text.endsWith("+1"));
    await new Promise((done) => setTimeout(done, 50));
    await writeFile(path, csv("new"));
    const { code, message } = await caught();
    assert.deepEqual([code, names()], ["EINVALID", { one: 80 }]);
    assert.match(message, /changed/);
  });

  it("are loaded as they came, though the flow empties its list, or fills its Buffer again", async () => {
    await deploy({});
    await run({ send: { payload: list("one", 40) } }, { send: { payload: list("two") }, name: "two" });
    await run({ change: "two", how: "empty" });
    await reports(2);
    assert.deepEqual(names(), { one: 40, two: 15 });
    uploads.red.forget();
    await deploy({ source: "csv" });
    await run(
      { send: { payload: { buffer: csv("three") } } },
      { send: { payload: { buffer: csv("four") } }, name: "four" },
    );
    await run({ change: "four", how: "bytes" });
    await reports(2);
    assert.deepEqual(numbers("four"), numbers("three"));
  });

  it("keep their numbers, though the flow changes its objects while they are loaded", async () => {
    await deploy({ rate: 200 });
    await run({ send: { payload: list("one", 120) }, name: "one" });
    await until("some members", () => members().length > 0);
    await run({ change: "one", how: "rows" });
    assert.equal((await report()).accepted, 120);
    assert.equal(new Set(numbers("one")).size, 120);
  });

  it("are told apart by what is in their Maps, which is loaded", async () => {
    await deploy({});
    const rows = (id: string): object[] => list("one", 20).map((row) => ({ ...row, variables: { map: { id } } }));
    await run({ send: { payload: rows("2") } }, { send: { payload: rows("3") } });
    await reports(2);
    const ids = members().map(({ variables }) => variables?.["id"] ?? "");
    assert.deepEqual(ids.sort(), [...Array<string>(20).fill("2"), ...Array<string>(20).fill("3")]);
  });

  it("expire at the time that was set when their message came", async () => {
    await deploy({ expiry: "value", expiryValue: "until", expiryValueType: "global" });
    await run({ set: { until: "2099-01-01T00:00:00Z" }, send: { payload: list("one", 30) } });
    await run({ set: { until: "2098-01-01T00:00:00Z" }, send: { payload: list("two") } });
    await run({ set: { until: "2097-01-01T00:00:00Z" } });
    await reports(2);
    const years = (name: string): Set<number> =>
      new Set(
        members()
          .filter((m) => m.name === name)
          .map((m) => new Date(Number(m.expire_at)).getUTCFullYear()),
      );
    assert.deepEqual([years("one"), years("two")], [new Set([2099]), new Set([2098])]);
  });

  describe("a paused upload", () => {
    const pause = async (settings: object, payload: unknown): Promise<void> => {
      await deploy(settings);
      await run({ send: { payload } });
      await until("some members", () => members().length > 0);
      await run({ send: { action: "pause" } });
    };
    const lists: [string, object, unknown, unknown][] = [
      ["list", {}, list("one", 40), list("two")],
      ["CSV", { source: "csv" }, csv("one"), csv("two")],
    ];
    for (const [kind, settings, first, other] of lists) {
      it(`is not resumed by a message that brings another ${kind}`, async () => {
        await pause(settings, first);
        await run({ send: { action: "resume", payload: other } });
        const { code, message } = await caught();
        assert.deepEqual([code, names()["two"]], ["EINVALID", undefined]);
        assert.match(message, /another list/);
        await run({ send: { action: "resume" } });
        await report();
        assert.equal(names()["two"], undefined);
      });

      it(`is resumed by a message that brings the same ${kind}, or none`, async () => {
        await pause(settings, first);
        await run({ send: { action: "resume", payload: first } });
        await report();
        uploads.red.forget();
        await pause(settings, other);
        await run({ send: { action: "resume", payload: 1 } });
        await report();
        assert.deepEqual(uploads.red.messages("caught"), []);
      });
    }
  });

  describe("messages of a stream", () => {
    const parts = (queues: readonly unknown[], more: object = {}): Step[] =>
      queues.map((queue, index) => ({
        send: {
          payload: { name: `row ${index}`, destination: `+38044111000${index}` },
          queue,
          campaign: `c${index}`,
          until: `20${90 + index}-01-01T00:00:00Z`,
          parts: { id: "s", index, count: queues.length },
          ...more,
        },
      }));
    const typed = { queueId: "queue", queueIdType: "msg" };

    for (const at of ["at once", "one by one"])
      it(`that name another queue than the first are rejected, ${at}`, async () => {
        await deploy(typed);
        const steps = parts(["10", "11", 10, undefined, "none"]);
        if (at === "at once") await run(...steps);
        else
          for (const [index, step] of steps.entries()) {
            await run(step);
            if (index < 4) await new Promise((done) => setTimeout(done, 20));
          }
        const { accepted, rejected } = await report();
        assert.deepEqual([accepted, rejected, members("11").length], [3, 2, 0]);
        assert.deepEqual(Object.keys(names()).sort(), ["row 0", "row 2", "row 3"]);
        const rejects = uploads.red.messages("rejects").flatMap(({ payload }) => payload as { reason: string }[]);
        assert.match(rejects[0]?.reason ?? "", /queue 11/);
      });

    it("that name another queue in their payload are rejected, too", async () => {
      await deploy({ queueId: "", queueIdType: "str" });
      const steps = parts([1, 2, 3, 4]);
      for (const [at, { send }] of steps.entries())
        Object.assign(send?.["payload"] as object, { queue_id: at % 2 === 0 ? "10" : "11" });
      await run(...steps);
      const { accepted, rejected, queueId } = await report();
      assert.deepEqual([accepted, rejected, queueId, members("11").length], [2, 2, "10", 0]);
    });

    it("have defaults and an expiry of their own", async () => {
      await deploy({
        expiry: "value",
        expiryValue: "until",
        expiryValueType: "msg",
        defaults: [
          { field: "type", value: "1", valueType: "str" },
          { field: "variables.campaign", value: "campaign", valueType: "msg" },
        ],
      });
      await run(...parts([1, 2, 3]));
      await report();
      assert.deepEqual(
        members().map(({ name, variables, expire_at }) => [
          name,
          variables?.["campaign"],
          new Date(Number(expire_at)).getUTCFullYear(),
        ]),
        [
          ["row 0", "c0", 2090],
          ["row 1", "c1", 2091],
          ["row 2", "c2", 2092],
        ],
      );
    });

    it("whose own setting is wrong are rejected with the reason, and the others are loaded", async () => {
      await deploy({ expiry: "value", expiryValue: "until", expiryValueType: "msg" });
      const steps = parts([1, 2, 3]);
      Object.assign(steps[1]?.send as object, { until: "never" });
      await run(...steps);
      const { accepted, rejected } = await report();
      assert.deepEqual([accepted, rejected], [2, 1]);
    });

    it("end with one that has no payload and says complete", async () => {
      await deploy({});
      await run(...parts([1, 2], { parts: { id: "open" } }), { send: { complete: true, parts: { id: "open" } } });
      const { total, accepted } = await report();
      assert.deepEqual([total, accepted, uploads.red.messages("caught")], [2, 2, []]);
    });

    it("that have no payload are rejected like every other row that is none", async () => {
      await deploy({});
      const steps = parts([1, 2, 3]);
      delete steps[1]?.send?.["payload"];
      await run(...steps);
      const { total, rejected } = await report();
      assert.deepEqual([total, rejected, uploads.red.messages("caught")], [3, 1, []]);
    });
  });

  for (const type of ["buffer", "string"])
    it(`refuses a piece of a file (${type}), whose last row may be half a number, and says what to do`, async () => {
      await deploy({ source: "csv" });
      const payload = type === "buffer" ? { buffer: csv("one") } : csv("one");
      await run({ send: { payload, parts: { id: "f", index: 0, type } } });
      const { code, message } = await caught();
      assert.deepEqual([code, members().length], ["EINVALID", 0]);
      assert.match(message, /Join the pieces/);
      uploads.red.forget();
      await run({ send: { payload, parts: { id: "g", index: 0, count: 1, type } } });
      assert.equal((await report()).accepted, 15);
    });
});
