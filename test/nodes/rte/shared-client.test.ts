import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import FakeTimers from "@sinonjs/fake-timers";
import type { NodeAPI } from "node-red";
import { STEADY } from "../../../lib/core/clock.js";
import { park, type SharedClient, unpark } from "../../../nodes/rte/shared-client.js";
import { AGENT_ID, hubHas, of, QUEUE_ID } from "../../support/rte.js";
import { SharedClientSite } from "../../support/shared-client.js";
import { until } from "../../support/wait.js";

describe("nodes/rte/shared-client", () => {
  const site = new SharedClientSite();
  const sent = (): number => site.simulator.state().log.length;
  /** What is sent last on the same socket has come, so that all before it has. */
  async function cameThrough(): Promise<void> {
    const last = await site.joined("last", of("UserAlert", AGENT_ID));
    site.simulator.emit("UserAlert", AGENT_ID);
    await until("the last event", () => last.events.length === 1);
    await site.shared.leave("last");
  }

  it("opens for the first node and closes after the last, whatever was deployed again between", async () => {
    await site.joined("a", of("QueueStatus"));
    await site.joined("b", of("QueueStatus"));
    site.shared.hold("a");
    await site.joined("a", of("QueueStatus"));
    await site.shared.leave("b");
    assert.equal(site.simulator.hub.connections.size, 1);
    await site.shared.leave("a");
    await site.shared.leave("a");
    await until("no socket", () => site.simulator.hub.connections.size === 0);
    assert.equal(site.simulator.hub.negotiations.length, 1);
  });

  it("keeps a place and its events for the successor, and what that still subscribes", async () => {
    const before = await site.joined("a", of("QueueStatus"), of("QueueCallInArrived"));
    site.shared.hold("a");
    site.simulator.emit("QueueStatus", QUEUE_ID, { MaxWaitTime: 1 });
    site.simulator.emit("QueueCallInArrived", QUEUE_ID);
    await cameThrough();
    assert.equal(sent(), 3);
    const after = await site.joined("a", of("QueueStatus"));
    assert.deepEqual([before.events.length, after.events.map(({ topic }) => topic)], [0, ["QueueStatus"]]);
    assert.deepEqual(after.gaps(), []);
    await hubHas(site.simulator, of("QueueStatus"));
  });

  it("gives up the places of nodes that are not there again, and of no other", async () => {
    await site.joined("a", of("QueueStatus"));
    await site.joined("b", of("QueueCallInArrived"));
    for (const id of ["a", "b"]) site.shared.hold(id);
    site.shared.expect("b");
    await site.shared.leaveUnclaimed();
    await hubHas(site.simulator, of("QueueCallInArrived"));
  });

  it("tells the successor of a gap, whenever it came", async () => {
    await site.joined("a", of("QueueStatus"));
    site.shared.hold("a");
    site.simulator.hub.drop();
    await until("a second connection", () => site.simulator.hub.negotiations.length === 2);
    await hubHas(site.simulator, of("QueueStatus"));
    await cameThrough();
    const after = await site.joined("a", of("QueueStatus"));
    assert.deepEqual(after.gaps()[0]?.payload.subscriptions, [of("QueueStatus")]);
    assert.equal(after.gaps().length, 1);
  });

  it("drops what waits for more than 10 s, and reports a gap", async () => {
    await site.joined("a", of("QueueStatus"));
    const heldMs = Date.now();
    site.shared.hold("a");
    site.simulator.emit("QueueStatus", QUEUE_ID);
    await cameThrough();
    const { now } = Date;
    Date.now = () => now() + 10_500;
    try {
      const after = await site.joined("a", of("QueueStatus"));
      await until("a gap", () => after.gaps().length === 1);
      assert.equal(after.events.length, 0);
      const { from, to } = after.gaps()[0]?.payload ?? { from: "", to: "" };
      assert.ok(Math.abs(Date.parse(from) - heldMs) < 1000, from);
      assert.ok(Date.parse(to) >= heldMs + 10_500, to);
    } finally {
      Date.now = now;
    }
  });

  it("drops more than 10,000 that wait, and reports a gap", async () => {
    await site.joined("a", of("QueueStatus"));
    site.shared.hold("a");
    for (let count = 0; count <= 10_000; count++) site.simulator.emit("QueueStatus", QUEUE_ID, { MaxWaitTime: count });
    await cameThrough();
    const after = await site.joined("a", of("QueueStatus"));
    await until("a gap", () => after.gaps().length === 1);
    assert.equal(after.events.length, 0);
  });

  it("keeps what comes during a deploy for a node that goes on, what it had sent in vain first", async () => {
    const a = await site.joined("a", of("QueueStatus"));
    site.simulator.emit("QueueStatus", QUEUE_ID, { MaxWaitTime: 1 });
    await until("an event", () => a.events.length === 1);
    const user = Object.assign(a, { takeBack: () => a.events.splice(0) });
    const notices = user.notices.length;
    site.shared.suspend();
    site.simulator.emit("QueueStatus", QUEUE_ID, { MaxWaitTime: 2 });
    await cameThrough();
    assert.equal(user.events.length, 0);
    await site.shared.leaveUnclaimed();
    site.shared.resume();
    site.simulator.emit("QueueStatus", QUEUE_ID, { MaxWaitTime: 3 });
    await until("all", () => user.events.length === 3);
    assert.deepEqual(
      user.events.map(({ payload }) => payload["MaxWaitTime"]),
      [1, 2, 3],
    );
    assert.equal(user.notices.length, notices, "nothing has changed");
  });

  it("gives a node that is gone nothing of what came while it was stopped, however late", async () => {
    const clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
    try {
      const a = await site.joined("a", of("QueueStatus"));
      site.shared.suspend();
      site.simulator.emit("QueueStatus", QUEUE_ID);
      await cameThrough();
      await site.shared.leave("a");
      clock.tick(10_500);
      assert.deepEqual(a.events, []);
    } finally {
      clock.uninstall();
    }
  });

  it("gives up waiting for a deploy that takes too long, and reports a gap at its end that begins with what was held", async () => {
    const a = await site.joined("a", of("QueueStatus"));
    site.shared.suspend();
    const heldMs = Date.now();
    site.simulator.emit("QueueStatus", QUEUE_ID);
    await cameThrough();
    const { now } = Date;
    Date.now = () => now() + 10_500;
    try {
      site.simulator.emit("QueueStatus", QUEUE_ID);
      await until("both", () => a.events.length === 2);
      assert.deepEqual(a.gaps(), []);
      site.shared.resume();
      await until("a gap", () => a.gaps().length === 1);
      // What was held was sent to nodes that the deploy may have stopped.
      assert.ok(Date.parse(a.gaps()[0]?.payload.from ?? "") <= heldMs);
    } finally {
      Date.now = now;
    }
  });

  it("keeps notices for the end of a deploy, however long it takes", async () => {
    const a = await site.joined("a", of("QueueStatus"));
    const notices = a.notices.length;
    site.shared.suspend();
    const { now } = Date;
    Date.now = () => now() + 10_500;
    try {
      site.simulator.emit("QueueStatus", QUEUE_ID);
      await until("the event", () => a.events.length === 1);
      site.simulator.hub.drop();
      await until("a second connection", () => site.simulator.hub.negotiations.length === 2);
      await cameThrough();
      assert.equal(a.notices.length, notices);
      site.shared.resume();
      await until("the notice", () => a.notices.some(({ topic }) => topic === "disconnected"));
    } finally {
      Date.now = now;
    }
  });

  it("notes for the disk no more than what a node has got, and keeps what an earlier run left", async () => {
    site.shared.progress = { b: 5 };
    await site.joined("a", of("QueueStatus"));
    site.shared.suspend();
    const { a: heldMs = 0 } = site.shared.currentProgress();
    site.simulator.emit("QueueStatus", QUEUE_ID);
    const heard = Date.now();
    await until("a later time", () => Date.now() > heard + 5);
    await cameThrough();
    assert.deepEqual(site.shared.currentProgress(), { a: heldMs, b: 5 });
    site.shared.resume();
    await site.shared.leave("b");
    assert.deepEqual(Object.keys(site.shared.currentProgress()), ["a"], "removed before it joined");
  });

  it("reports a gap from what an earlier run had got, to the nodes that were there", async () => {
    const fromMs = STEADY.now() - 60_000;
    site.shared.progress = { a: fromMs };
    const [a, b] = [await site.joined("a", of("QueueStatus")), await site.joined("b", of("QueueStatus"))];
    await until("a gap", () => a.gaps().length === 1);
    assert.equal(a.gaps()[0]?.payload.from, new Date(STEADY.toClock(fromMs)).toISOString());
    assert.deepEqual(b.gaps(), []);
    await cameThrough();
    const { a: aMs = 0, b: bMs = 0 } = site.shared.currentProgress();
    assert.ok(Math.min(aMs, bMs) > fromMs + 59_000 && Math.max(aMs, bMs) <= STEADY.now());
  });

  it("hands over events and a gap when the connection has changed", async () => {
    await site.joined("a", of("QueueStatus"));
    await site.joined("idle");
    const startMs = Date.now();
    site.shared.hold("a");
    site.shared.hold("idle");
    site.simulator.emit("QueueStatus", QUEUE_ID);
    await cameThrough();
    const before = site.shared;
    const retired = before.retire();
    await before.leaveUnclaimed();
    site.shared = site.create(before);
    site.shared.progress = await retired;
    const [a, idle] = [await site.joined("a", of("QueueStatus")), await site.joined("idle")];
    await until("a gap", () => a.gaps().length === 1);
    assert.equal(a.events.length, 1);
    assert.ok(Date.parse(a.gaps()[0]?.payload.from ?? "") >= startMs - 1000);
    assert.deepEqual(idle.gaps(), [], "nothing subscribed, nothing lost");
  });

  it("leaves nothing of connections before the last when the settings change many times", async () => {
    await site.joined("a", of("QueueStatus"));
    const earlier: WeakRef<SharedClient>[] = [];
    for (let edits = 0; edits < 5; edits++) {
      earlier.push(new WeakRef(site.shared));
      site.shared.hold("a");
      await site.reconnect();
      await site.joined("a", of("QueueStatus"));
    }
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    await until("the earlier ones are collected", () => {
      gc();
      return earlier.slice(0, -1).every((ref) => ref.deref() === undefined);
    });
  });

  it("is not given to a node that comes after the limit of a deploy: a new one serves it and reports the gap", async () => {
    const RED = { events: new EventEmitter() } as unknown as NodeAPI;
    await site.joined("a", of("QueueStatus"));
    const heldMs = Date.now();
    site.shared.hold("a");
    park(RED, "connection", site.shared, 20);
    await until("no socket", () => site.simulator.hub.connections.size === 0);
    const before = unpark(RED, "connection");
    assert.ok(before === site.shared && !before.canServe("same"));
    site.shared = site.create(before);
    site.shared.progress = await before.retire();
    const a = await site.joined("a", of("QueueStatus"));
    await until("a gap", () => a.gaps().length === 1);
    assert.ok(Math.abs(Date.parse(a.gaps()[0]?.payload.from ?? "") - heldMs) < 1000);
    site.simulator.emit("QueueStatus", QUEUE_ID);
    await until("an event", () => a.events.length === 1);
  });

  it("is given to a node that comes within the limit of a deploy", async () => {
    const RED = { events: new EventEmitter() } as unknown as NodeAPI;
    await site.joined("a", of("QueueStatus"));
    park(RED, "connection", site.shared);
    assert.equal(unpark(RED, "connection")?.canServe("same"), true);
    assert.equal(site.shared.canServe("another"), false);
  });

  it("reports to a later run since when events are lost of what the hub refused, and of that alone", async () => {
    const subjects = [of("QueueStatus"), of("UserAlert", AGENT_ID)];
    const before = await site.joined("a", ...subjects);
    const servedMs = Date.now();
    site.simulator.hub.unauthorized.add(AGENT_ID);
    site.simulator.hub.drop();
    await until("the refusal", () => site.shared.client.refusedSince(before).length === 1);
    const [progress, keptMs] = [site.shared.currentProgress(), Date.now()];
    await site.shared.client.close();
    site.simulator.hub.unauthorized.delete(AGENT_ID);
    site.shared = site.create();
    site.shared.expect("a");
    site.shared.recall({ ...progress, b: 1, "b x": 1 });
    const after = await site.joined("a", ...subjects);
    const froms = new Map(
      after.gaps().map(({ payload }) => [payload.subscriptions[0]?.eventName, Date.parse(payload.from)]),
    );
    assert.deepEqual(after.gaps().flatMap(({ payload }) => payload.subscriptions).length, 2);
    assert.ok(Number(froms.get("UserAlert")) <= servedMs + 50, "since the outage");
    assert.ok(Number(froms.get("QueueStatus")) > keptMs - 500, "since the end of the run");
    assert.deepEqual(Object.keys(site.shared.currentProgress()), ["a"]);
  });
});
