import assert from "node:assert/strict";
import { STEADY } from "../../../lib/core/clock.js";
import type { Subject } from "../../../lib/rte/subject.js";
import type { SharedClient } from "../../../nodes/rte/shared-client.js";
import { type RteSimulator, startRteSimulator } from "../../../simulators/rte/simulator.js";
import { of } from "../../support/rte.js";
import { joinedNode, Recorder, sharedClient } from "../../support/shared-client.js";
import { until } from "../../support/wait.js";

describe("nodes/rte/shared-client: what nodes lost that leave or are edited", () => {
  let simulator: RteSimulator;
  let shared: SharedClient;
  const create = (predecessor?: SharedClient): SharedClient => sharedClient(simulator, predecessor);
  const joined = (id: string, ...subjects: Subject[]): Promise<Recorder> => joinedNode(shared, id, subjects);
  beforeEach(async () => {
    simulator = await startRteSimulator();
    shared = create();
  });
  afterEach(async () => {
    await shared.client.close();
    await simulator.close();
  });

  it("keeps for a node that is disabled in an outage since when its events are lost", async () => {
    await joined("a", of("QueueStatus"));
    const other = await joined("b", of("QueueStatus"));
    await simulator.stop();
    await until("the outage", () => other.notices.some(({ topic }) => topic === "disconnected"));
    await shared.leave("a");
    const enabled = new Recorder();
    shared.join("a", enabled, [of("QueueStatus")]);
    await simulator.start();
    await until("both gaps", () => enabled.gaps().length + other.gaps().length === 2);
    const [from = Infinity, otherFrom = 0] = [enabled, other].map((each) =>
      Date.parse(each.gaps()[0]?.payload.from ?? ""),
    );
    // It had joined before the other one.
    assert.ok(from <= otherFrom);
  });

  it("keeps over a restart, for a while, what nodes were losing that are disabled, of the latest of them", () => {
    const now = STEADY.now();
    const days = (count: number): number => now - count * 86_400_000;
    shared.expect("there");
    shared.recall({ there: days(30), "there x": days(31), old: days(7) - 1, young: days(6), "young x": days(9) });
    assert.deepEqual(shared.currentProgress(), {
      there: days(30),
      "there x": days(31),
      young: days(6),
    });
    shared.recall(Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`n${index}`, now - index])));
    assert.deepEqual(
      Object.keys(shared.currentProgress()),
      Array.from({ length: 100 }, (_, index) => `n${index}`),
    );
  });

  it("keeps what a disabled node was losing when the connection changes", async () => {
    await joined("a", of("QueueStatus"));
    const lostMs = STEADY.now() - 60_000;
    shared.recall({ ...shared.progress, disabled: lostMs });
    const before = shared;
    const retired = before.retire();
    shared = create(before);
    shared.recall(await retired);
    const enabled = await joined("disabled", of("QueueStatus"));
    await until("a gap", () => enabled.gaps().length === 1);
    assert.equal(enabled.gaps()[0]?.payload.from, new Date(STEADY.toClock(lostMs)).toISOString());
  });

  for (const [what, left] of [
    ["takes an item out", [of("QueueStatus")]],
    ["makes it inactive", []],
  ] as const)
    for (const isOther of [false, true])
      it(`reports to a node what it lost until an edit ${what}${isOther ? " and changes the connection" : ""}`, async () => {
        const subjects = [of("QueueStatus"), of("UserAlert", "u")];
        const old = await joined("a", ...subjects);
        await simulator.stop();
        await until("the outage", () => old.notices.some(({ topic }) => topic === "disconnected"));
        shared.hold("a");
        if (isOther) {
          const before = shared;
          const retired = before.retire();
          shared = create(before);
          shared.recall(await retired);
        }
        const edited = new Recorder();
        shared.join("a", edited, left);
        const editedMs = Date.now();
        const gone = subjects.slice(left.length);
        assert.deepEqual(
          edited.gaps().flatMap(({ payload }) => payload.subscriptions),
          gone,
        );
        assert.ok(edited.gaps().every(({ payload }) => Date.parse(payload.to) <= editedMs));
        assert.deepEqual(old.gaps(), []);
        await simulator.start();
        shared.hold("a");
        const again = await joined("a", ...subjects);
        await until("it is served", () => again.notices.some(({ topic }) => topic === "subscribed"));
      });

  it("reports the gap of a long deploy once, also to a node that moves away and comes back", async () => {
    await joined("a", of("QueueStatus"));
    shared.hold("a");
    const before = shared;
    const retired = before.retire();
    shared = create(before);
    shared.recall(await retired);
    const { now } = Date;
    Date.now = () => now() + 10_500;
    try {
      const first = await joined("a", of("QueueStatus"));
      await until("the gap", () => first.gaps().length === 1);
      const servedMs = STEADY.now();
      await shared.leave("a");
      shared.expect("a", servedMs);
      const back = await joined("a", of("QueueStatus"));
      await until("another gap", () => back.gaps().length === 1);
      assert.equal(back.gaps()[0]?.payload.from, new Date(STEADY.toClock(servedMs)).toISOString());
    } finally {
      Date.now = now;
    }
  });
});
