import assert from "node:assert/strict";
import { type Clock, install } from "@sinonjs/fake-timers";
import { ContactCenterError } from "../../../lib/core/errors.js";
import type { Gap } from "../../../lib/cti/gaps.js";
import { Subscriber, type SubscriptionRow } from "../../../lib/cti/subscriber.js";
import type { StoredSubscriptions } from "../../../lib/cti/subscription-store.js";
import { SubscriptionManager } from "../../../lib/cti/subscriptions.js";
import { failure, FakeBroker } from "../../support/fake-cti-broker.js";

const ANNA = "sip:anna@contoso.example";
const BART = "sip:bart@contoso.example";
const URL = "http://x/y";

function codeOf(row: SubscriptionRow | undefined): unknown {
  return row?.error instanceof ContactCenterError ? row.error.code : row?.error;
}

describe("lib/cti/subscriptions", () => {
  let clock: Clock;
  let broker: FakeBroker;
  let stored: StoredSubscriptions | undefined;
  let managers: SubscriptionManager[];
  let gaps: Gap[];
  const manage = (parallel = 4): SubscriptionManager => {
    let isAlive = true;
    const manager = new SubscriptionManager({
      client: broker,
      store: {
        load: () => Promise.resolve(structuredClone(stored)),
        save: (state) => {
          if (isAlive) stored = structuredClone(state);
          return Promise.resolve();
        },
      },
      parallel: () => parallel,
      backoff: { random: () => 1 },
    });
    managers.push(manager);
    Object.assign(manager, { kill: () => (isAlive = false) });
    manager.allSubscribersExpected();
    return manager;
  };
  /** The process ends at once: nothing is sent or written any more. */
  const kill = (manager: SubscriptionManager): void => {
    (manager as unknown as { kill: () => void }).kill();
    void manager.close();
  };
  const open = (manager: SubscriptionManager, renewMs = 0, url = URL): Subscriber =>
    new Subscriber(manager, { callback: { url }, renewMs, onGap: (gap) => gaps.push(gap) });
  const started = async (agents: string[], renewMs = 0): Promise<{ manager: SubscriptionManager; one: Subscriber }> => {
    const manager = manage();
    const one = open(manager, renewMs);
    void one.start(agents);
    await clock.tickAsync(200);
    return { manager, one };
  };
  const ids = (): string[] => Object.values(stored?.held ?? {}).flatMap(({ id }) => id ?? []);

  beforeEach(() => {
    clock = install();
    broker = new FakeBroker();
    stored = undefined;
    managers = [];
    gaps = [];
  });
  afterEach(async () => {
    for (const manager of managers) await manager.close();
    clock.uninstall();
  });

  it("subscribes what is asked for and says so once the broker answered for each", async () => {
    const { one } = await started([ANNA, BART]);
    assert.deepEqual(one.list(), [
      { imAddress: ANNA, subscribed: true, subscriptionId: "id-1" },
      { imAddress: BART, subscribed: true, subscriptionId: "id-2" },
    ]);
    assert.deepEqual(ids(), ["id-1", "id-2"]);
    assert.doesNotMatch(JSON.stringify(stored), /anna|contoso|http/);
  });

  describe("spares the broker", () => {
    const AGENTS = Array.from({ length: 20 }, (_, at) => `sip:agent${at}@contoso.example`);

    it("has four requests at once, and the time in the queue is not the request's", async () => {
      await started(AGENTS);
      assert.deepEqual([broker.mostAtOnce, broker.held.size, broker.calls.length], [4, 20, 20]);
    });

    it("asks again for the agent that is refused, with growing pauses, and for nobody else", async () => {
      broker.refused.set(AGENTS[0] as string, failure(503));
      await started(AGENTS);
      await clock.tickAsync(600_000);
      assert.equal(broker.calls.length - broker.subscribes(AGENTS[0] as string), 19);
      assert.ok(broker.subscribes(AGENTS[0] as string) <= 20, `${broker.subscribes(AGENTS[0] as string)}`);
    });

    it("makes nothing again after one failed renewal", async () => {
      await started(AGENTS, 60_000);
      const [agent] = AGENTS as [string];
      broker.refused.set(agent, failure(502));
      await clock.tickAsync(60_000);
      broker.refused.clear();
      await clock.tickAsync(2000);
      assert.equal(broker.held.size, 20);
      for (const other of AGENTS.slice(1)) assert.ok(broker.subscribes(other) <= 3, other);
    });

    it("probes a broker that is away, and asks it for nothing else", async () => {
      await started(AGENTS, 60_000);
      broker.fault = failure("ECONNREFUSED");
      const before = broker.calls.length;
      await clock.tickAsync(600_000);
      assert.ok(broker.calls.length - before <= 4, `${broker.calls.length - before}`);
      assert.ok(broker.probes >= 18 && broker.probes <= 30, `${broker.probes}`);
    });

    it("renews each once after an outage, spread out", async () => {
      await started(AGENTS, 300_000);
      broker.fault = failure("ECONNREFUSED");
      await clock.tickAsync(300_000);
      broker.fault = undefined;
      const before = broker.calls.length;
      await clock.tickAsync(35_000);
      assert.equal(broker.calls.length - before, 40);
      assert.equal(broker.held.size, 20);
    });

    it("does not call subscribed what waits for its check after an outage", async () => {
      const { one } = await started(AGENTS, 300_000);
      broker.fault = failure("ECONNREFUSED");
      void one.subscribe(AGENTS.slice(0, 1));
      await clock.tickAsync(50_000);
      broker.fault = undefined;
      broker.held.clear();
      for (let at = 0; at < 4000; at++) {
        await clock.tickAsync(10);
        const subscribed = one.list().filter((row) => row.subscribed).length;
        assert.ok(subscribed <= broker.held.size, `${subscribed} of ${broker.held.size}`);
      }
      assert.equal(one.list().filter((row) => row.subscribed).length, 20);
    });

    it("staggers renewals", async () => {
      const manager = new SubscriptionManager({
        client: broker,
        store: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
      });
      managers.push(manager);
      const start = open(manager, 300_000).start(AGENTS);
      await clock.tickAsync(200);
      await start;
      const before = broker.calls.length;
      await clock.tickAsync(150_000);
      assert.equal(broker.calls.length, before);
      await clock.tickAsync(75_000);
      assert.ok(broker.calls.length > before && broker.calls.length < before + 40);
      await clock.tickAsync(76_000);
      assert.ok(broker.calls.length >= before + 40);
    });
  });

  describe("tries again", () => {
    it("an agent that a proxy refuses, and settles without it when the broker answers others", async () => {
      broker.refused.set(ANNA, failure(503));
      const one = open(manage());
      const start = one.start([ANNA, BART]);
      await clock.tickAsync(10_000);
      assert.deepEqual(
        (await start).map(({ subscribed }) => subscribed),
        [false, true],
      );
    });

    it("what was refused, with back-off", async () => {
      broker.refused.set(ANNA, failure(500));
      const { one } = await started([ANNA]);
      assert.deepEqual([one.list()[0]?.subscribed, codeOf(one.list()[0])], [false, 500]);
      broker.refused.clear();
      await clock.tickAsync(1000);
      assert.equal(one.list()[0]?.subscribed, true);
    });

    it("a broker that is away at start: never gives up, and is settled when it is back", async () => {
      broker.fault = failure("ECONNREFUSED");
      const one = open(manage());
      let settled = false;
      const start = one.start([ANNA]).then((rows) => {
        settled = true;
        return rows;
      });
      await clock.tickAsync(600_000);
      assert.deepEqual([settled, codeOf(one.list()[0])], [false, "ECONNREFUSED"]);
      broker.fault = undefined;
      await clock.tickAsync(31_000);
      assert.deepEqual(await start, [{ imAddress: ANNA, subscribed: true, subscriptionId: "id-1" }]);
    });
  });

  describe("tells a gap", () => {
    it("after an outage, for all that were subscribed", async () => {
      await started([ANNA, BART], 60_000);
      broker.fault = failure("ECONNREFUSED");
      await clock.tickAsync(100_000);
      broker.held.clear();
      broker.fault = undefined;
      await clock.tickAsync(40_000);
      assert.deepEqual(
        gaps.map(({ agents }) => agents.toSorted()),
        [[ANNA, BART]],
      );
      assert.deepEqual(broker.addresses(), [ANNA, BART]);
      const [gap] = gaps as [Gap];
      assert.ok(Date.parse(gap.from) <= 60_000 && Date.parse(gap.to) >= 100_000, JSON.stringify(gap));
      assert.equal(gap.durationMs, Date.parse(gap.to) - Date.parse(gap.from));
    });

    it("when the broker turns out to have forgotten, and checks all others at once", async () => {
      const manager = manage();
      const start = open(manager, 300_000).start([ANNA]);
      void open(manager, 3_000_000).start([BART]);
      await clock.tickAsync(200);
      await start;
      broker.held.clear();
      await clock.tickAsync(300_000);
      assert.deepEqual(broker.addresses(), [ANNA, BART]);
      assert.deepEqual(gaps.flatMap(({ agents }) => agents).toSorted(), [ANNA, BART]);
      for (const { from } of gaps) assert.ok(Date.parse(from) < 1000);
    });

    it("from the last event on, which proves that the subscription was there", async () => {
      const { manager } = await started([ANNA], 300_000);
      await clock.tickAsync(100_000);
      assert.equal(manager.admits(URL, "id-1", ANNA), true);
      broker.held.clear();
      await clock.tickAsync(201_000);
      assert.deepEqual(
        gaps.map(({ from }) => Date.parse(from)),
        [100_200],
      );
    });

    for (const [what, code] of [
      ["refused", 503],
      ["answered by a proxy", 502],
    ] as const)
      it(`also where the end of the forgotten subscription was first ${what}`, async () => {
        const { manager } = await started([ANNA], 300_000);
        await clock.tickAsync(100_000);
        assert.equal(manager.admits(URL, "id-1", ANNA), true);
        broker.held.clear();
        broker.keeps = failure(code);
        await clock.tickAsync(201_000);
        broker.keeps = undefined;
        await clock.tickAsync(60_000);
        assert.deepEqual(
          gaps.map(({ from, agents }) => [Date.parse(from), agents]),
          [[100_200, [ANNA]]],
        );
      });

    it("from before a deploy where the broker had forgotten by then", async () => {
      const { manager, one } = await started([ANNA]);
      await clock.tickAsync(100_000);
      assert.equal(manager.admits(URL, "id-1", ANNA), true);
      broker.held.clear();
      await clock.tickAsync(20_000);
      void one.close(1000);
      await clock.tickAsync(200);
      void open(manager).start([ANNA]);
      await clock.tickAsync(200);
      assert.deepEqual(
        gaps.map(({ from }) => Date.parse(from)),
        [100_200],
      );
    });

    it("after a deploy, and after a kill", async () => {
      const { manager, one } = await started([ANNA]);
      await one.close(1000);
      await clock.tickAsync(5000);
      const again = open(manager).start([ANNA]);
      await clock.tickAsync(200);
      await again;
      assert.deepEqual(
        gaps.map(({ durationMs, agents }) => [durationMs, agents]),
        [[5000, [ANNA]]],
      );
      await clock.tickAsync(60_000);
      kill(manager);
      await clock.tickAsync(10_000);
      await started([ANNA]);
      assert.ok((gaps[1]?.durationMs ?? 0) >= 10_000, JSON.stringify(gaps));
      assert.ok((gaps[1]?.durationMs ?? 0) <= 75_000, JSON.stringify(gaps));
    });

    it("not where a message ended the subscription", async () => {
      const { one } = await started([ANNA]);
      await one.unsubscribe([ANNA]);
      await clock.tickAsync(5000);
      void one.subscribe([ANNA]);
      await clock.tickAsync(500);
      assert.deepEqual(gaps, []);
    });
  });

  describe("renews", () => {
    it("the new one first, then the end of the old one", async () => {
      await started([ANNA], 60_000);
      await clock.tickAsync(60_200);
      assert.deepEqual(broker.calls, [`+${ANNA}`, `+${ANNA}`, "-id-1"]);
      await clock.tickAsync(60_200);
      assert.deepEqual([broker.addresses(), ids()], [[ANNA], ["id-3"]]);
    });

    it("not while the broker does not end the former one: it would only get worse", async () => {
      await started([ANNA], 10_000);
      broker.keeps = failure(500);
      await clock.tickAsync(100_000);
      assert.equal(broker.held.size, 2);
    });

    it("counts those that wait for the end of the former one, until they are renewed", async () => {
      const { one } = await started([ANNA, BART], 10_000);
      broker.keeps = failure(500);
      await clock.tickAsync(20_000);
      assert.equal(one.postponed, 2);
      broker.keeps = undefined;
      await clock.tickAsync(60_000);
      assert.equal(one.postponed, 0);
    });

    it("does not end a subscription whose id the broker hands out again", async () => {
      broker.nextId = (address) => `same-${address}`;
      const { one } = await started([ANNA], 60_000);
      await clock.tickAsync(60_200);
      void one.subscribe([ANNA]);
      await clock.tickAsync(200);
      assert.deepEqual([broker.calls.filter((call) => call.startsWith("-")), broker.addresses()], [[], [ANNA]]);
    });

    it("on request what is subscribed already: one subscription, however often", async () => {
      const { one } = await started([ANNA]);
      void one.subscribe([ANNA.toUpperCase()]);
      await clock.tickAsync(300);
      assert.deepEqual([broker.addresses(), ids()], [[ANNA], ["id-2"]]);
    });
  });

  describe("shares", () => {
    it("one subscription between subscribers that want the same, and the last one out ends it", async () => {
      const { manager, one } = await started([ANNA]);
      const two = open(manager);
      await two.start([ANNA]);
      assert.equal(two.list()[0]?.subscribed, true);
      await one.close(1000);
      await clock.tickAsync(200);
      assert.deepEqual(broker.calls, [`+${ANNA}`]);
      await two.unsubscribe([ANNA]);
      assert.deepEqual(broker.calls, [`+${ANNA}`, "-id-1"]);
    });

    it("nothing between different callback addresses", async () => {
      const { manager } = await started([ANNA]);
      void open(manager, 0, "http://x/z").start([ANNA]);
      await clock.tickAsync(200);
      assert.equal(broker.held.size, 2);
    });

    it("waits with a new subscription for the end of the former one: the broker may hand out the same id", async () => {
      broker.nextId = (address) => `same-${address}`;
      const { manager, one } = await started([ANNA]);
      let answer = (): void => undefined;
      broker.gate = new Promise((resolve) => (answer = resolve));
      const closed = one.close(1000);
      void open(manager).start([ANNA]);
      await clock.tickAsync(100);
      assert.deepEqual(broker.calls.slice(1), [`-same-${ANNA}`]);
      answer();
      broker.gate = undefined;
      await clock.tickAsync(200);
      await closed;
      assert.deepEqual(broker.addresses(), [ANNA]);
    });
  });

  describe("over a deploy", () => {
    const deployed = async (
      manager: SubscriptionManager,
      former: Subscriber,
      agents: string[],
    ): Promise<Subscriber> => {
      void former.close(1000, true);
      await clock.tickAsync(5000);
      const one = open(manager);
      void one.start(agents);
      manager.allSubscribersExpected();
      await clock.tickAsync(200);
      return one;
    };

    it("keeps what is wanted again without a request, and says since when events may be lost", async () => {
      const { manager, one } = await started([ANNA, BART]);
      const again = await deployed(manager, one, [ANNA, BART]);
      assert.deepEqual(broker.calls, [`+${ANNA}`, `+${BART}`]);
      assert.deepEqual(
        again.list().map(({ subscribed }) => subscribed),
        [true, true],
      );
      assert.deepEqual(
        gaps.map(({ durationMs, agents }) => [durationMs, agents]),
        [[5000, [ANNA, BART]]],
      );
    });

    it("tells each of two that share an agent", async () => {
      const { manager, one } = await started([ANNA]);
      const two = open(manager);
      await two.start([ANNA]);
      void one.close(1000, true);
      void two.close(1000, true);
      await clock.tickAsync(5000);
      const again = [open(manager), open(manager)];
      for (const each of again) void each.start([ANNA]);
      manager.allSubscribersExpected();
      await clock.tickAsync(100);
      assert.deepEqual(
        gaps.map(({ durationMs }) => durationMs),
        [5000, 5000],
      );
      assert.equal(broker.calls.length, 1);
    });

    it("ends what nobody wants again once all have started", async () => {
      const { manager, one } = await started([ANNA, BART]);
      await deployed(manager, one, [BART]);
      assert.deepEqual([broker.calls.slice(2), broker.addresses()], [["-id-1"], [BART]]);
    });

    it("ends it, too, where no flow starts again", async () => {
      const { one } = await started([ANNA]);
      void one.close(1000, true);
      await clock.tickAsync(31_000);
      assert.deepEqual(broker.addresses(), []);
    });

    it("reports an outage that ended meanwhile from its beginning", async () => {
      const { manager, one } = await started([ANNA], 300_000);
      broker.fault = failure("ECONNREFUSED");
      void one.subscribe([ANNA]);
      await clock.tickAsync(20_000);
      void one.close(1000, true);
      broker.fault = undefined;
      await clock.tickAsync(29_000);
      void open(manager).start([ANNA]);
      manager.allSubscribersExpected();
      await clock.tickAsync(10_000);
      assert.equal(broker.held.size, 1);
      assert.deepEqual(
        gaps.map(({ from }) => Date.parse(from)),
        [0],
      );
    });

    it("takes a subscription under way over: one request, whoever asked for it", async () => {
      const { manager, one } = await started([]);
      let answer = (): void => undefined;
      broker.gate = new Promise((resolve) => (answer = resolve));
      void one.subscribe([ANNA]);
      await clock.tickAsync(10);
      const again = await deployed(manager, one, [ANNA]);
      answer();
      await clock.tickAsync(200);
      assert.deepEqual([broker.calls, again.list()[0]?.subscribed], [[`+${ANNA}`], true]);
    });

    it("goes on with the renewals where it was", async () => {
      const { manager, one } = await started([ANNA], 60_000);
      let former = one;
      for (let deploy = 0; deploy < 4; deploy++) {
        await clock.tickAsync(20_000);
        void former.close(1000, true);
        former = open(manager, 60_000);
        void former.start([ANNA]);
        manager.allSubscribersExpected();
      }
      assert.deepEqual(broker.calls, [`+${ANNA}`, `+${ANNA}`, "-id-1"]);
    });
  });

  describe("after a kill", () => {
    it("takes over what the former process had, and ends what nobody wants", async () => {
      const { manager } = await started([ANNA, BART]);
      kill(manager);
      await started([ANNA]);
      await clock.tickAsync(500);
      assert.deepEqual([broker.addresses(), ids()], [[ANNA], ["id-3"]]);
    });

    it("does not call subscribed what the former process had until the broker has confirmed it", async () => {
      const { manager } = await started([ANNA]);
      kill(manager);
      broker.gate = new Promise(() => undefined);
      const { one } = await started([ANNA]);
      assert.deepEqual(
        one.list().map(({ subscribed, subscriptionId }) => [subscribed, subscriptionId]),
        [[false, "id-1"]],
      );
    });

    it("ends each former subscription after its own replacement, not after all replacements", async () => {
      const agents = Array.from({ length: 40 }, (_, at) => `sip:agent${at}@contoso.example`);
      const { manager } = await started(agents);
      kill(manager);
      Object.defineProperty(broker, "gate", { get: () => new Promise((resolve) => setTimeout(resolve, 300)) });
      broker.calls.length = 0;
      await started(agents);
      await clock.tickAsync(30_000);
      const ends = agents.map((_, at) => broker.calls.indexOf(`-id-${at + 1}`));
      const distances = agents.map((agent, at) => (ends[at] ?? -1) - broker.calls.indexOf(`+${agent}`));
      assert.ok(!ends.includes(-1) && Math.max(...distances) <= 12, distances.join(" "));
    });

    it("ends all where nothing is wanted any more", async () => {
      const { manager } = await started([ANNA, BART]);
      kill(manager);
      manage();
      await clock.tickAsync(500);
      assert.deepEqual(broker.addresses(), []);
    });

    it("ends what the killed process had asked for and never heard of, with its first event", async () => {
      const { manager: first } = await started([ANNA]);
      kill(first);
      broker.held.set("orphan", ANNA);
      const { manager } = await started([ANNA]);
      assert.equal(manager.admits(URL, "orphan", ANNA), false);
      await clock.tickAsync(500);
      assert.deepEqual(broker.addresses(), [ANNA]);
      assert.equal(broker.held.has("orphan"), false);
    });

    it("keeps in mind what it could not end, subscribes all the same, and ends it later", async () => {
      const { manager } = await started([ANNA, BART]);
      kill(manager);
      broker.keeps = failure(500);
      await started([ANNA]);
      assert.equal(Object.keys(stored?.removals ?? {}).length, 2);
      broker.keeps = undefined;
      await clock.tickAsync(10_000);
      assert.deepEqual([broker.addresses(), stored?.removals], [[ANNA], {}]);
    });

    it("takes anything in the store for foreign data", async () => {
      for (const content of ["text", [], { held: 5, removals: [] }, { held: { a: null }, ended: { b: "x" } }]) {
        stored = content as never;
        const { manager, one } = await started([ANNA]);
        assert.equal(one.list()[0]?.subscribed, true);
        await one.close(100);
        await manager.close();
      }
    });
  });

  describe("answers a caller at once", () => {
    it("about a broker that is known to be away", async () => {
      const { one } = await started([]);
      broker.fault = failure("ECONNREFUSED");
      await one.subscribe([ANNA]);
      broker.gate = new Promise(() => undefined);
      const [row] = await one.subscribe([BART]);
      assert.deepEqual([row?.imAddress, row?.subscribed, codeOf(row)], [BART, false, "ECONNREFUSED"]);
    });

    it("about one that gives no sign, after 2 s", async () => {
      const { one } = await started([]);
      broker.gate = new Promise(() => undefined);
      const answer = one.subscribe([ANNA]);
      await clock.tickAsync(2200);
      const [row] = await answer;
      assert.deepEqual([row?.subscribed, codeOf(row)], [false, "ETIMEDOUT"]);
    });
  });

  describe("unsubscribes", () => {
    it("one, all, and one that it does not have", async () => {
      const { one } = await started([ANNA, BART]);
      assert.deepEqual(await one.unsubscribe([ANNA]), [{ imAddress: ANNA, subscribed: false }]);
      assert.deepEqual(await one.unsubscribe([ANNA]), [{ imAddress: ANNA, subscribed: false }]);
      assert.deepEqual(await one.unsubscribe(), [{ imAddress: BART, subscribed: false }]);
      await clock.tickAsync(200);
      assert.deepEqual([broker.addresses(), ids(), one.list()], [[], [], []]);
    });

    it("says what kept it from unsubscribing, and goes on trying", async () => {
      const { one } = await started([ANNA]);
      broker.keeps = failure(500);
      const [row] = await one.unsubscribe([ANNA]);
      assert.deepEqual([row?.subscribed, row?.subscriptionId, codeOf(row)], [false, "id-1", 500]);
      broker.keeps = undefined;
      await clock.tickAsync(1000);
      assert.deepEqual([broker.addresses(), stored?.removals], [[], {}]);
    });

    it("ends a subscription that was answered after nobody wanted it any more", async () => {
      const { one } = await started([]);
      let answer = (): void => undefined;
      broker.gate = new Promise((resolve) => (answer = resolve));
      const asked = one.subscribe([ANNA]);
      await clock.tickAsync(0);
      const ended = one.unsubscribe([ANNA]);
      answer();
      await clock.tickAsync(200);
      await Promise.all([asked, ended]);
      assert.deepEqual([broker.calls, broker.addresses()], [[`+${ANNA}`, "-id-1"], []]);
    });

    it("asks once an hour a broker that refuses for good", async () => {
      const { one } = await started([ANNA]);
      broker.keeps = failure(500);
      void one.unsubscribe([ANNA]);
      await clock.tickAsync(600_000);
      const before = broker.calls.length;
      await clock.tickAsync(3_600_000);
      assert.deepEqual([before, broker.calls.length - before], [11, 1]);
    });
  });

  describe("closes", () => {
    it("ends everything, what is being answered included", async () => {
      const { one } = await started([ANNA], 60_000);
      let answer = (): void => undefined;
      broker.gate = new Promise((resolve) => (answer = resolve));
      void one.subscribe([BART]);
      await clock.tickAsync(0);
      const closed = one.close(2000);
      answer();
      await clock.tickAsync(300);
      await closed;
      await clock.tickAsync(300_000);
      assert.deepEqual(broker.addresses(), []);
    });

    it("waits for a broker that does not answer no longer than told, and leaves the ids in the store", async () => {
      const { one } = await started([ANNA]);
      broker.gate = new Promise(() => undefined);
      const closed = one.close(2000);
      await clock.tickAsync(2000);
      await closed;
      assert.deepEqual(Object.keys(stored?.removals ?? {}), ["id-1"]);
    });
  });

  describe("admits events", () => {
    it("of what it holds, gives up, or has just given up, and of nothing else", async () => {
      const { manager, one } = await started([ANNA]);
      assert.deepEqual([manager.admits(URL, "{ID-1}", ANNA), manager.admits(URL, "id-2", ANNA)], [true, false]);
      await one.unsubscribe([ANNA]);
      assert.equal(manager.admits(URL, "id-1", ANNA), true);
      await clock.tickAsync(10_100);
      assert.equal(manager.admits(URL, "id-1", ANNA), false);
    });

    it("of an unknown id only while a subscription for that very agent is under way", async () => {
      const { manager, one } = await started([BART]);
      let answer = (): void => undefined;
      broker.gate = new Promise((resolve) => (answer = resolve));
      const asked = one.subscribe([ANNA]);
      await clock.tickAsync(0);
      assert.deepEqual([manager.admits(URL, "new", ANNA), manager.admits(URL, "new", BART)], [true, false]);
      answer();
      await clock.tickAsync(200);
      await asked;
      assert.equal(manager.admits(URL, "new", ANNA), false);
    });

    it("of nothing unknown while the broker refuses an agent", async () => {
      broker.refused.set(ANNA, failure(500));
      const { manager } = await started([ANNA, BART]);
      for (const agent of [ANNA, BART, "sip:other@contoso.example"])
        assert.equal(manager.admits(URL, "unknown", agent), false);
    });

    it("without an id where the agent is subscribed at this address", async () => {
      const { manager } = await started([ANNA]);
      assert.deepEqual(
        [manager.admits(URL, undefined, ANNA), manager.admits(URL, "", BART), manager.admits("http://z", "", ANNA)],
        [true, false, false],
      );
    });
  });

  describe("where an answer got lost", () => {
    const lose = async (): Promise<SubscriptionManager> => {
      const { manager, one } = await started([BART]);
      broker.loseAnswers = 1;
      void one.subscribe([ANNA]);
      await clock.tickAsync(1100);
      assert.deepEqual(broker.addresses(), [ANNA, ANNA, BART]);
      return manager;
    };

    it("ends the subscription that nobody knows, with its first event, and only that one", async () => {
      const manager = await lose();
      assert.deepEqual([manager.admits(URL, "foreign", BART), manager.admits(URL, "id-2", ANNA)], [false, false]);
      await clock.tickAsync(200);
      assert.equal(manager.admits(URL, "foreign", ANNA), false);
      await clock.tickAsync(200);
      assert.deepEqual(
        broker.calls.filter((call) => call.startsWith("-")),
        ["-id-2"],
      );
      assert.deepEqual(broker.addresses(), [ANNA, BART]);
    });

    it("ends each where several answers of one agent got lost", async () => {
      const { manager, one } = await started([BART]);
      broker.loseAnswers = 3;
      void one.subscribe([ANNA]);
      await clock.tickAsync(5000);
      assert.equal(broker.held.size, 5);
      for (const id of ["id-2", "id-3", "id-4"]) assert.equal(manager.admits(URL, id, ANNA), false);
      await clock.tickAsync(500);
      assert.deepEqual(broker.addresses(), [ANNA, BART]);
    });

    it("refuses it beside the known one also while that is asked for again", async () => {
      const { manager, one } = await started([ANNA]);
      broker.loseAnswers = 1;
      void one.subscribe([ANNA]);
      await clock.tickAsync(100);
      let answer = (): void => undefined;
      broker.gate = new Promise((resolve) => (answer = resolve));
      await clock.tickAsync(1000);
      assert.deepEqual([broker.running, manager.admits(URL, "id-2", ANNA)], [1, false]);
      answer();
      await clock.tickAsync(200);
      assert.equal(manager.admits(URL, "id-2", ANNA), false);
      await clock.tickAsync(500);
      assert.deepEqual([...broker.held.keys()], ["id-3"]);
    });

    it("ends one that posted before its answer was known to be lost, without another event", async () => {
      const { manager, one } = await started([BART]);
      let answer = (): void => undefined;
      broker.gate = new Promise((resolve) => (answer = resolve));
      broker.loseAnswers = 1;
      const asked = one.subscribe([ANNA]);
      await clock.tickAsync(10);
      const ended = one.unsubscribe([ANNA]);
      assert.equal(manager.admits(URL, "id-2", ANNA), false);
      answer();
      await clock.tickAsync(500);
      await Promise.all([asked, ended]);
      assert.deepEqual(broker.addresses(), [BART]);
    });

    it("ends one that posted while it was asked for, without another event", async () => {
      const { manager, one } = await started([BART]);
      let answer = (): void => undefined;
      broker.gate = new Promise((resolve) => (answer = resolve));
      broker.loseAnswers = 1;
      void one.subscribe([ANNA]);
      await clock.tickAsync(10);
      assert.equal(manager.admits(URL, "id-2", ANNA), true);
      answer();
      await clock.tickAsync(1100);
      assert.deepEqual([...broker.held.keys()], ["id-1", "id-3"]);
    });

    it("ends it although nobody wants the agent any more", async () => {
      const { manager, one } = await started([BART]);
      broker.loseAnswers = 1;
      void one.subscribe([ANNA]);
      await clock.tickAsync(10);
      void one.unsubscribe([ANNA]);
      await clock.tickAsync(10);
      assert.equal(manager.admits(URL, "id-2", ANNA), false);
      await clock.tickAsync(500);
      assert.deepEqual(broker.addresses(), [BART]);
    });

    it("ends each that a killed process left for one agent", async () => {
      const { manager: former, one } = await started([ANNA]);
      broker.loseAnswers = 1;
      void one.subscribe([ANNA]);
      await clock.tickAsync(300);
      let answer = (): void => undefined;
      broker.gate = new Promise((resolve) => (answer = resolve));
      void one.subscribe([ANNA]);
      await clock.tickAsync(10);
      kill(former);
      answer();
      await clock.tickAsync(10);
      assert.deepEqual([...broker.held.keys()], ["id-1", "id-2", "id-3"]);
      const { manager } = await started([ANNA]);
      for (const id of ["id-2", "id-3"]) assert.equal(manager.admits(URL, id, ANNA), false);
      await clock.tickAsync(500);
      assert.deepEqual([...broker.held.keys()], ["id-4"]);
    });

    it("never one that posted before, nor later than a minute", async () => {
      const { manager, one } = await started([ANNA]);
      assert.equal(manager.admits(URL, "foreign", ANNA), false);
      broker.loseAnswers = 1;
      void one.subscribe([ANNA]);
      await clock.tickAsync(1100);
      assert.equal(manager.admits(URL, "foreign", ANNA), false);
      await clock.tickAsync(60_100);
      assert.equal(manager.admits(URL, "another", ANNA), false);
      await clock.tickAsync(1000);
      assert.deepEqual(
        broker.calls.filter((call) => call === "-foreign" || call === "-another"),
        [],
      );
    });
  });

  describe("finds the second copy of an event", () => {
    it("while one subscription replaces another, and not the same event again", async () => {
      const { manager, one } = await started([ANNA]);
      const copies = (id: string, content: string): boolean => manager.isDuplicate(URL, id, ANNA, content);
      assert.deepEqual([copies("id-1", "hold"), copies("id-1", "hold")], [false, false]);
      void one.subscribe([ANNA]);
      await clock.tickAsync(200);
      assert.deepEqual(
        [copies("id-1", "hold"), copies("id-2", "hold"), copies("id-2", "hold"), copies("id-1", "hold")],
        [false, true, false, true],
      );
      await clock.tickAsync(10_100);
      assert.deepEqual([copies("id-2", "ring"), copies("id-1", "ring")], [false, false]);
    });

    it("for as long as the broker does not end the former one", async () => {
      const { manager, one } = await started([ANNA]);
      broker.keeps = failure(500);
      void one.subscribe([ANNA]);
      await clock.tickAsync(30_000);
      const copies = ["id-1", "id-2"].map((id) => manager.isDuplicate(URL, id, ANNA, "hold"));
      assert.deepEqual(copies, [false, true]);
    });

    it("where the broker does not end one whose answer got lost", async () => {
      const { manager, one } = await started([BART]);
      broker.loseAnswers = 1;
      void one.subscribe([ANNA]);
      await clock.tickAsync(20_000);
      broker.keeps = failure(500);
      assert.equal(manager.admits(URL, "id-2", ANNA), false);
      await clock.tickAsync(20_000);
      const copies = ["id-2", "id-3"].map((id) => manager.isDuplicate(URL, id, ANNA, "hold"));
      assert.deepEqual(copies, [false, true]);
    });

    it("and the third, where the ends of two former ones are pending", async () => {
      const { manager, one } = await started([ANNA]);
      broker.keeps = failure(500);
      for (let renewal = 0; renewal < 2; renewal++) {
        void one.subscribe([ANNA]);
        await clock.tickAsync(200);
      }
      const copies = (content: string): boolean[] =>
        ["id-1", "id-2", "id-3"].map((id) => manager.isDuplicate(URL, id, ANNA, content));
      assert.deepEqual([copies("hold"), copies("hold")], Array(2).fill([false, true, true]));
    });

    it("after a kill between a subscription and the end of the one that it replaced", async () => {
      const { manager: former, one } = await started([ANNA]);
      broker.keeps = failure(500);
      void one.subscribe([ANNA]);
      await clock.tickAsync(500);
      kill(former);
      const manager = manage();
      await clock.tickAsync(100);
      const copies = (content: string): boolean[] =>
        ["id-1", "id-2"].map((id) => manager.isDuplicate(URL, id, ANNA, content));
      assert.deepEqual([copies("hold"), copies("hold")], Array(2).fill([false, true]));
    });
  });
});
