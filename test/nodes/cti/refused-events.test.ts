/** Events that come while a deploy holds their flow. On a real Node-RED. */
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ANNA, BART, eventLoopFlow, SECRET, withSettings } from "../../support/cti.js";
import { SubscribeTest } from "../../support/cti-subscribe.js";
import { code, inject, probe, tab } from "../../support/flow.js";
import type { FlowNode } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { type Reply, send } from "../../support/webhook.js";

describe("nodes/cti: events that are refused in a deploy", function () {
  this.timeout(120_000);
  const test = new SubscribeTest();
  const gate = (): string => join(test.red.userDir, "gate");

  /** The subscriber stands on another tab than its event node, and what is behind that closes when the gate opens. */
  const flows = (name: string): FlowNode[] => [
    tab("tab2"),
    ...eventLoopFlow(test.simulator, test.red, [ANNA, BART]).map((each) =>
      each.id === "subscribe" ? { ...each, z: "tab2", wires: [["rows"], ["gap"]] } : each,
    ),
    { ...probe("gap"), z: "tab2" },
    { ...inject("start", {}, [["slow"]]), once: true },
    {
      ...code(
        "slow",
        `node.on("close", (done) => {
          const timer = setInterval(() => {
            if (!fs.existsSync(${JSON.stringify(gate())})) return;
            clearInterval(timer);
            done();
          }, 20);
        });
        global.get("probe")("slow", {});
        return msg;`,
      ),
      name,
      libs: [{ var: "fs", module: "fs" }],
    },
  ];
  // A deploy with credentials restarts the event node, and so the subscriber.
  const wired = (name: string, more: object = { credentials: undefined }): FlowNode[] =>
    withSettings(flows(name), "events", { wires: [["event", "slow"], []], ...more });

  const post = (): Promise<Reply> =>
    send(`${test.red.url}/cti/${SECRET}`, {
      SubscriptionId: test.simulator.state().subscriptions.find(({ address }) => address === ANNA)?.id,
      ImAddress: ANNA,
      eventType: "Connected",
      callId: "1",
      SessionType: "Inbound",
      ani: "+31201234567",
    });

  for (const type of ["flows", "nodes"] as const)
    it(`are in one gap after a deploy of ${type}, in which the subscriber stays`, async () => {
      await test.settle(wired("first", {}));
      await test.red.message("slow");
      rmSync(gate(), { force: true });
      test.red.forget();
      const from = test.red.log.length;
      const deployed = test.red.deploy(wired("second"), type);
      await until("the flows to stop", () =>
        test.red.log.slice(from).some((line) => line.includes("Stopping modified")),
      );
      const posted = Date.now();
      const { status } = await post();
      const refused = Date.now();
      writeFileSync(gate(), "");
      await deployed;
      assert.equal(status, 503);
      const { payload } = await test.red.message("gap");
      const gap = payload as { from: string; to: string; agents: string[] };
      assert.deepEqual(gap.agents.toSorted(), [ANNA, BART]);
      const [lost, restored] = [Date.parse(gap.from), Date.parse(gap.to)];
      assert.ok(
        lost <= posted && lost >= posted - 2000 && restored >= refused,
        `${posted} ${refused} ${JSON.stringify(gap)}`,
      );
      // Where nothing is refused, nothing is told.
      await test.red.deploy(wired("third"), type);
      assert.equal((await post()).status, 200);
      await test.red.message("event");
      assert.deepEqual(
        test.red.messages("gap").map((message) => message["payload"]),
        [payload],
      );
    });
});

describe("nodes/cti: events that an event node refuses", function () {
  this.timeout(120_000);
  const test = new SubscribeTest();
  const flows = (more: object = {}): FlowNode[] => [
    ...eventLoopFlow(test.simulator, test.red, [ANNA, BART]).map((each) => {
      if (each.id === "subscribe") return { ...each, wires: [["rows"], ["gap"]] };
      return each.id === "events" ? { ...each, ...more } : each;
    }),
    probe("gap"),
  ];

  /** What the broker posts about Anna, where it was told to. */
  const post = async (more: object = {}): Promise<number> => {
    const anna = await until("the subscription", () =>
      test.simulator.state().subscriptions.find(({ address }) => address === ANNA),
    );
    const call = { callId: String(Math.random()), SessionType: "Inbound", ani: "+31201234567" };
    const event = { SubscriptionId: anna.id, ImAddress: ANNA, eventType: "Connected", ...call, ...more };
    return (await send(anna.callback, event)).status;
  };

  /** Events are accepted again, and none before that is in a gap. @param refused when they were not, Unix milliseconds */
  const accepted = async (refused: number): Promise<void> => {
    await test.red.deploy(flows({ credentials: undefined }), "nodes");
    assert.equal(await post(), 200);
    await test.red.message("event");
    const gaps = test.red.messages("gap").map((message) => message["payload"] as { to: string });
    assert.deepEqual(
      gaps.filter(({ to }) => Date.parse(to) >= refused),
      [],
    );
  };

  /** Waits until the broker has one subscription of each, at this path. */
  const registered = (path: string): Promise<true> =>
    until(`subscriptions at ${path}`, () => {
      const { subscriptions } = test.simulator.state();
      const isRight = subscriptions.every(({ callback }) => callback === test.red.url + path);
      return (isRight && subscriptions.length === 2) || undefined;
    });

  for (const [what, wrong, status] of [
    ["its networks", { networks: ["10.0.0.0/8"], credentials: undefined }, 403],
    ["an entry of its networks that is none", { networks: ["nonsense"], credentials: undefined }, 403],
    ["an API key, which no broker sends", { auth: "apikey", credentials: { apiKey: "k" } }, 401],
  ] as const)
    it(`are in one gap, for ${what}, until the first one that it takes`, async () => {
      await test.settle(flows());
      await test.red.deploy(flows(wrong), "nodes");
      await registered(status === 401 ? "/cti" : `/cti/${SECRET}`);
      test.red.forget();
      const refused = Date.now();
      assert.equal(await post(), status);
      await until("the warning", () => test.red.log.find((line) => line.includes(`are refused (${status})`)));
      await test.red.deploy(flows(), "nodes");
      await registered(`/cti/${SECRET}`);
      assert.equal(await post(), 200);
      const gap = await until("the gap", () =>
        test.red
          .messages("gap")
          .map((message) => message["payload"] as { from: string; to: string; agents: string[] })
          .find(({ from, to }) => Date.parse(from) <= refused && Date.parse(to) > refused),
      );
      assert.ok(Date.parse(gap.from) >= refused - 2000, JSON.stringify(gap));
      assert.deepEqual(gap.agents.toSorted(), [ANNA, BART]);
    });

  it("are none where a stranger posts, with an id that nobody has, or with none", async () => {
    await test.settle(flows());
    await test.red.deploy(flows({ networks: ["10.0.0.0/8"], credentials: undefined }), "nodes");
    const refused = Date.now();
    assert.equal(await post({ SubscriptionId: "00000000-0000-4000-8000-000000000000" }), 403);
    assert.equal(await post({ SubscriptionId: undefined }), 403);
    await accepted(refused);
  });

  it("are none where the event is too large: reads no more than 4 KiB of what it refuses", async () => {
    await test.settle(flows());
    await test.red.deploy(flows({ networks: ["10.0.0.0/8"], credentials: undefined }), "nodes");
    const refused = Date.now();
    assert.equal(await post({ more: "x".repeat(4096) }), 403);
    await accepted(refused);
  });

  it("are in a gap where the subscriber names an address with another secret", async () => {
    const other = `${test.red.url}/cti/another-secret`;
    const entered = (secret: string): FlowNode[] =>
      withSettings(flows({ credentials: { secret } }), "subscribe", { eventNode: "", callback: other });
    await test.settle(entered("the-secret"));
    const refused = Date.now();
    assert.equal(await post(), 401);
    await test.red.deploy(entered("another-secret"), "nodes");
    assert.equal(await post(), 200);
    const gap = (await test.red.message("gap"))["payload"] as { from: string };
    assert.ok(Date.parse(gap.from) <= refused, JSON.stringify(gap));
  });
});
