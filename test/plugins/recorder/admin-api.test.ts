/** The recorder in a real Node-RED: what begins and ends runs, what the admin API shows, and what is kept in files. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Run } from "../../../lib/recorder/model.js";
import { code, node, tab } from "../../support/flow.js";
import { makeUserDir, NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { send } from "../../support/webhook.js";

const API = "contact-center/recorder";
const CALLER = "+358401112233";
const CALLED = "+358942000100";
const FLOWS = [
  tab(),
  node("in", "smartrouting-in", { url: "/calls", auth: "none", deadline: 1000 }, [["vip"], []]),
  code(
    "vip",
    `if (msg.topic === "LATE") { setTimeout(() => node.send(msg), 1500); return null; }
     if (msg.topic === "BAD") msg.payload = { Priority: "much" };
     else msg.payload = { InitialTarget: "${CALLED}", Priority: 9000 };
     return msg;`,
    [["out"]],
  ),
  node("out", "smartrouting-out"),
  node("events", "webitel-event-in", { url: "/events", auth: "secret", credentials: { secret: "hidden-secret" } }, [
    ["end"],
  ]),
  code("end", "return null;"),
];

describe("The recorder's admin API", function () {
  this.timeout(120_000);
  let red: NodeRed;
  let userDir: string;
  const start = async (recorder: string): Promise<void> => {
    red = await NodeRed.start({ userDir, settings: `contactCenter: { recorder: ${recorder} },` });
    await red.deploy(FLOWS);
  };
  beforeEach(() => (userDir = makeUserDir()));
  afterEach(async () => {
    await red?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });
  const get = async <T>(path: string): Promise<T> => (await (await fetch(`${red.url}/${API}/${path}`)).json()) as T;
  const list = async (): Promise<Run[]> => (await get<{ runs: Run[] }>("runs")).runs;
  const ring = (targetid = "Q", anum = CALLER): ReturnType<typeof send> =>
    send(`${red.url}/calls`, { anum, bnum: CALLED, targetid });
  const runWith = (outcome: string): Promise<Run> =>
    until(`a run ${outcome}`, async () => (await list()).find((run) => run.outcome === outcome));
  const folder = (): string => join(userDir, "contact-center/recorder");
  const written = (): string =>
    existsSync(folder())
      ? readdirSync(folder())
          .map((file) => readFileSync(join(folder(), file), "utf8"))
          .join("")
      : "";

  it("records the path unless it is told not to", async () => {
    await start("{}");
    await ring();
    const { id } = await runWith("answered");
    assert.equal((await get<{ level: string }>("runs")).level, "path");
    const { received, steps } = await get<Run>(`runs/${id}`);
    assert.deepEqual([received, steps.map(({ message }) => message)], [undefined, [undefined, undefined, undefined]]);
  });

  it("records nothing at off, then does when asked to, and stops", async () => {
    await start(`{ level: "off" }`);
    await ring();
    assert.deepEqual(await get("runs"), { level: "off", numbers: "pseudonyms", skipped: 0, runs: [] });
    assert.ok(!existsSync(join(userDir, "contact-center")));
    assert.deepEqual((await send(`${red.url}/${API}/level`, { level: "path" })).json, { level: "path" });
    await ring();
    const run = await runWith("answered");
    assert.equal((await send(`${red.url}/${API}/level`, { level: "off" })).status, 200);
    await ring();
    assert.equal((await list()).length, 1);
    const shown = await get<Run>(`runs/${run.id}`);
    assert.deepEqual(
      shown.steps.map(({ node: id, flow, from, port }) => [id, flow, from, port]),
      [
        ["in", "tab", undefined, undefined],
        ["vip", "tab", 0, 0],
        ["out", "tab", 1, 0],
      ],
    );
    assert.equal(shown.answer?.status, 200);
    const heat = await send(`${red.url}/${API}/heat`, { ids: [run.id, "gone"] });
    const { nodes } = heat.json as { nodes: Record<string, { count: number; fallback: number }> };
    assert.deepEqual(
      Object.entries(nodes).map(([id, { count, fallback }]) => [id, count, fallback]),
      [
        ["in", 1, 0],
        ["vip", 1, 0],
        ["out", 1, 0],
      ],
    );
    assert.match(shown.call?.from ?? "", /^#[a-z]{10}$/);
  });

  it("shows each outcome", async () => {
    await start(`{ level: "values" }`);
    await Promise.all([
      ring("LATE"),
      ring("BAD"),
      send(`${red.url}/events`, {}),
      send(`${red.url}/events/hidden-secret`, { event: "offering" }),
    ]);
    const late = await runWith("late");
    assert.equal(late.reason, "deadline");
    assert.equal((await runWith("fallback")).reason, "error");
    assert.equal((await runWith("refused")).reason, "credentials");
    const event = await runWith("answered");
    assert.equal(event.vendor, "webitel");
    const shown = await get<Run>(`runs/${event.id}`);
    assert.match(shown.received ?? "", /offering/);
    assert.match(shown.steps[1]?.message ?? "", /offering/);
  });

  it("keeps runs in files when Node-RED ends, without numbers and credentials, and forgets a number", async () => {
    await start(`{ level: "values", keepDays: 2 }`);
    const numbers = Array.from({ length: 100 }, (_, i) => `+3584011${String(20_000 + i * 37)}`);
    await ring("Q", CALLER);
    await Promise.all(numbers.map((number) => ring("Q", number)));
    await send(`${red.url}/events/hidden-secret`, { event: "offering", from: numbers[0] });
    const keyFile = join(userDir, "contact-center/recorder.json");
    const { key } = JSON.parse(readFileSync(keyFile, "utf8")) as { key: string };
    const name = (await list()).find((run) => run.vendor === "enreach")?.call?.from;
    await red.stop();
    const lines = (): string[] =>
      written()
        .split("\n")
        .filter((line) => line !== "");
    assert.equal(lines().length, 102);
    await start(`{ level: "path", keepDays: 2 }`);
    await ring();
    const seen =
      JSON.stringify(await Promise.all((await list()).map(({ id }) => get(`runs/${id}`)))) +
      written() +
      red.log.join("\n");
    for (const hidden of [...numbers, CALLER, CALLED, "hidden-secret", key])
      assert.ok(!seen.includes(hidden.replace("+", "")), hidden);
    const forgot = await send(`${red.url}/${API}/forget`, { number: CALLER });
    assert.deepEqual(forgot.json, { forgotten: { memory: 1, files: 1 } });
    assert.equal(lines().length, 101);
    assert.deepEqual((await send(`${red.url}/${API}/forget`, { number: name })).json, {
      forgotten: { memory: 0, files: 1 },
    });
    assert.deepEqual(await list(), []);
  });

  it("says once a minute that it cannot write", async () => {
    mkdirSync(join(userDir, "contact-center"), { recursive: true });
    writeFileSync(join(userDir, "contact-center/recorder"), "");
    await start(`{ level: "path", keepDays: 2 }`);
    const complaints = (): string[] => red.log.filter((line) => line.includes("could not write its runs"));
    await ring();
    await until("the first", () => complaints().length > 0);
    await ring();
    // It writes once more.
    await red.stop();
    assert.equal(complaints().length, 1, complaints().join("\n"));
  });

  it("refuses what it does not understand", async () => {
    mkdirSync(join(userDir, "contact-center"), { recursive: true });
    writeFileSync(join(userDir, "contact-center/recorder.json"), `{"level":"off"}`);
    await start(`{ level: "loud", keepDays: -1, kepDays: 2 }`);
    await until("its file", () => red.log.some((line) => line.includes("level in contact-center/recorder.json")));
    assert.equal(red.log.filter((line) => line.includes("contactCenter.recorder.")).length, 3);
    assert.equal(red.log.filter((line) => line.includes("kepDays in settings.js")).length, 1);
    assert.equal((await send(`${red.url}/${API}/level`, { level: "loud" })).status, 400);
    assert.equal((await send(`${red.url}/${API}/forget`, { number: "" })).status, 400);
    assert.equal((await fetch(`${red.url}/${API}/runs/none`)).status, 404);
    assert.equal((await send(`${red.url}/${API}/heat`, { ids: "none" })).status, 400);
  });

  it("asks for the permissions contact-center.read and contact-center.write", async () => {
    red = await NodeRed.start({
      userDir,
      settings: `adminAuth: { type: "credentials", users: (name) => Promise.resolve({ username: name, permissions: "contact-center.read" }), authenticate: (name) => Promise.resolve({ username: name, permissions: "contact-center.read" }) },`,
    });
    const bare = { method: "POST", headers: { "Content-Type": "application/json" }, body: `{"level":"path"}` };
    assert.equal((await fetch(`${red.url}/${API}/runs`)).status, 401);
    const login = await fetch(`${red.url}/auth/token`, {
      method: "POST",
      body: new URLSearchParams({
        client_id: "node-red-editor",
        grant_type: "password",
        scope: "contact-center.read",
        username: "u",
        password: "p",
      }),
    });
    const { access_token: token } = (await login.json()) as { access_token: string };
    const headers = { Authorization: `Bearer ${token}` };
    assert.equal((await fetch(`${red.url}/${API}/runs`, { headers })).status, 200);
    const denied = await fetch(`${red.url}/${API}/level`, { ...bare, headers: { ...bare.headers, ...headers } });
    assert.equal(denied.status, 401);
  });
});
