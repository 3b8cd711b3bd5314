import assert from "node:assert/strict";
import { STEADY } from "../../../lib/core/clock.js";
import { AGENT_ID, of } from "../../support/rte.js";
import { Recorder, SharedClientSite } from "../../support/shared-client.js";
import { until } from "../../support/wait.js";

describe("nodes/rte/shared-client: what nodes lost that leave or are edited", () => {
  const site = new SharedClientSite();

  it("keeps for a node that is disabled in an outage since when its events are lost", async () => {
    await site.joined("a", of("QueueStatus"));
    const other = await site.joined("b", of("QueueStatus"));
    await site.simulator.stop();
    await until("the outage", () => other.notices.some(({ topic }) => topic === "disconnected"));
    await site.shared.leave("a");
    const enabled = new Recorder();
    site.shared.join("a", enabled, [of("QueueStatus")]);
    await site.simulator.start();
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
    site.shared.expect("there");
    site.shared.recall({ there: days(30), "there x": days(31), old: days(7) - 1, young: days(6), "young x": days(9) });
    assert.deepEqual(site.shared.currentProgress(), {
      there: days(30),
      "there x": days(31),
      young: days(6),
    });
    site.shared.recall(Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`n${index}`, now - index])));
    assert.deepEqual(
      Object.keys(site.shared.currentProgress()),
      Array.from({ length: 100 }, (_, index) => `n${index}`),
    );
  });

  it("keeps what a disabled node was losing when the connection changes", async () => {
    await site.joined("a", of("QueueStatus"));
    const lostMs = STEADY.now() - 60_000;
    site.shared.recall({ ...site.shared.progress, disabled: lostMs });
    await site.reconnect();
    const enabled = await site.joined("disabled", of("QueueStatus"));
    await until("a gap", () => enabled.gaps().length === 1);
    assert.equal(enabled.gaps()[0]?.payload.from, new Date(STEADY.toClock(lostMs)).toISOString());
  });

  for (const [what, left] of [
    ["takes an item out", [of("QueueStatus")]],
    ["makes it inactive", []],
  ] as const)
    for (const isOther of [false, true])
      it(`reports to a node what it lost until an edit ${what}${isOther ? " and changes the connection" : ""}`, async () => {
        const subjects = [of("QueueStatus"), of("UserAlert", AGENT_ID)];
        const old = await site.joined("a", ...subjects);
        await site.simulator.stop();
        await until("the outage", () => old.notices.some(({ topic }) => topic === "disconnected"));
        site.shared.hold("a");
        if (isOther) await site.reconnect();
        const edited = new Recorder();
        site.shared.join("a", edited, left);
        const editedMs = Date.now();
        const gone = subjects.slice(left.length);
        assert.deepEqual(
          edited.gaps().flatMap(({ payload }) => payload.subscriptions),
          gone,
        );
        assert.ok(edited.gaps().every(({ payload }) => Date.parse(payload.to) <= editedMs));
        assert.deepEqual(old.gaps(), []);
        await site.simulator.start();
        site.shared.hold("a");
        const again = await site.joined("a", ...subjects);
        await until("it is served", () => again.notices.some(({ topic }) => topic === "subscribed"));
      });

  it("reports the gap of a long deploy once, also to a node that moves away and comes back", async () => {
    await site.joined("a", of("QueueStatus"));
    site.shared.hold("a");
    await site.reconnect();
    const { now } = Date;
    Date.now = () => now() + 10_500;
    try {
      const first = await site.joined("a", of("QueueStatus"));
      await until("the gap", () => first.gaps().length === 1);
      const servedMs = STEADY.now();
      await site.shared.leave("a");
      site.shared.expect("a", servedMs);
      const back = await site.joined("a", of("QueueStatus"));
      await until("another gap", () => back.gaps().length === 1);
      assert.equal(back.gaps()[0]?.payload.from, new Date(STEADY.toClock(servedMs)).toISOString());
    } finally {
      Date.now = now;
    }
  });
});
