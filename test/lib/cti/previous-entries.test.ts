import assert from "node:assert/strict";
import { ANNA, BART, CALLBACK, SubscriptionTest } from "../../support/cti-subscriptions.js";
import { failure } from "../../support/fake-cti-broker.js";

describe("lib/cti/previous-entries", () => {
  const test = new SubscriptionTest();
  const { ids, kill, manage, open, started } = test;

  describe("of another machine", () => {
    const moved = async (): Promise<string[]> => {
      const { manager } = await started([ANNA, BART]);
      kill(manager);
      Object.assign(test.stored ?? {}, { isElsewhere: true });
      return [...test.broker.held.keys()];
    };

    it("does not end what nobody asks for: it may be in use there", async () => {
      const before = await moved();
      void test.open(manage(), 0, "http://other/y").start([]);
      await test.clock.tickAsync(120_000);
      assert.deepEqual([...test.broker.held.keys()], before);
    });

    it("takes over what is asked for at the same address", async () => {
      const before = await moved();
      void test.open(manage()).start([ANNA]);
      await test.clock.tickAsync(120_000);
      const [anna, bart] = before as [string, string];
      assert.deepEqual(
        [test.broker.addresses(), test.broker.held.has(anna), test.broker.held.has(bart)],
        [[ANNA, BART], false, true],
      );
    });
  });

  describe("at another callback address", () => {
    it("says since when events may be lost of an agent who had another one", async () => {
      const { manager, one } = await started([ANNA]);
      await test.clock.tickAsync(4800);
      let answer = (): void => undefined;
      test.broker.gate = new Promise((resolve) => (answer = resolve));
      void one.close(1800, true);
      await test.clock.tickAsync(100);
      void test.open(manager, 0, "http://x/z").start([ANNA]);
      manager.allSubscribersExpected();
      await test.clock.tickAsync(2900);
      answer();
      await test.clock.tickAsync(500);
      assert.deepEqual(
        test.gaps.map(({ from, to, agents }) => [Date.parse(from), Date.parse(to) >= 8000, agents]),
        [[5000, true, [ANNA]]],
      );
    });

    it("says so on the way back, too, and not since that address was left", async () => {
      const { manager, one } = await started([ANNA]);
      let former = one;
      for (const url of ["http://x/z", "http://x/a", CALLBACK]) {
        await test.clock.tickAsync(10_000);
        void former.close(1800, true);
        former = test.open(manager, 0, url);
        void former.start([ANNA]);
        manager.allSubscribersExpected();
      }
      await test.clock.tickAsync(10_000);
      assert.deepEqual(
        test.gaps.map(({ from }) => Math.round(Date.parse(from) / 10_000)),
        [1, 2, 3],
      );
    });

    it("keeps what is known and not told yet of the time before, through a stop", async () => {
      const { manager, one } = await started([ANNA]);
      await test.clock.tickAsync(10_000);
      void one.close(1800, true);
      const two = test.open(manager, 0, "http://x/z");
      void two.start([ANNA]);
      manager.allSubscribersExpected();
      await test.clock.tickAsync(10_000);
      test.gaps.length = 0;
      manager.users.eventsRefused("http://x/z", 5000);
      void two.close(1800);
      await test.clock.tickAsync(2000);
      void test.open(manager, 0, "http://x/z").start([ANNA]);
      await test.clock.tickAsync(2000);
      assert.deepEqual(
        test.gaps.map(({ from }) => Date.parse(from)),
        [5000],
      );
    });

    it("says so after a kill, too, with what the broker had forgotten by then", async () => {
      const { manager } = await started([ANNA]);
      await test.clock.tickAsync(5000);
      test.broker.held.clear();
      kill(manager);
      await test.clock.tickAsync(5000);
      void test.open(manage(), 0, "http://x/z").start([ANNA]);
      await test.clock.tickAsync(1500);
      assert.ok(test.gaps.some(({ from, to }) => Date.parse(from) <= 200 && Date.parse(to) >= 5200));
      assert.ok(test.gaps.some(({ to }) => Date.parse(to) >= 10_200));
    });

    it("does not end the subscription there where the broker hands out the same id again", async () => {
      test.broker.nextId = (address) => `id of ${address}`;
      const { manager, one } = await started([ANNA]);
      test.broker.keeps = failure(503);
      void one.close(1800, true);
      await test.clock.tickAsync(100);
      void test.open(manager, 0, "http://x/z").start([]);
      manager.allSubscribersExpected();
      await test.clock.tickAsync(100);
      test.broker.keeps = undefined;
      const two = test.open(manager, 0, "http://x/z");
      let answer = (): void => undefined;
      test.broker.gate = new Promise((resolve) => (answer = resolve));
      void two.start([ANNA]);
      await test.clock.tickAsync(3000);
      answer();
      await test.clock.tickAsync(30_000);
      assert.deepEqual([test.broker.addresses(), two.list()[0]?.subscribed], [[ANNA], true]);
    });
  });

  describe("after a kill", () => {
    it("takes over what the former process had, and ends what nobody wants", async () => {
      const { manager } = await started([ANNA, BART]);
      kill(manager);
      await started([ANNA]);
      await test.clock.tickAsync(500);
      assert.deepEqual([test.broker.addresses(), ids()], [[ANNA], ["id-3"]]);
    });

    for (const [what, url, calls] of [
      [
        "uses the ids of a broker whose address is written in another way",
        "HTTP://Broker/",
        [`+${ANNA}`, "-id-1", "-id-2"],
      ],
      [
        "sends a broker nothing of the ids that another address gave, and says since when",
        "http://other",
        [`+${ANNA}`],
      ],
    ] as const)
      it(what, async () => {
        const { manager } = await started([ANNA, BART]);
        await test.clock.tickAsync(2000);
        kill(manager);
        Object.assign(test, { url });
        test.broker.calls.length = 0;
        await started([ANNA]);
        await test.clock.tickAsync(120_000);
        assert.deepEqual([test.broker.calls.toSorted(), ids()], [[...calls].toSorted(), ["id-3"]]);
        assert.deepEqual(
          test.gaps.map(({ agents }) => agents),
          [[ANNA]],
        );
      });

    it("does not call subscribed what the former process had until the broker has confirmed it", async () => {
      const { manager } = await started([ANNA]);
      kill(manager);
      test.broker.gate = new Promise(() => undefined);
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
      Object.defineProperty(test.broker, "gate", { get: () => new Promise((resolve) => setTimeout(resolve, 300)) });
      test.broker.calls.length = 0;
      await started(agents);
      await test.clock.tickAsync(30_000);
      const ends = agents.map((_, at) => test.broker.calls.indexOf(`-id-${at + 1}`));
      const distances = agents.map((agent, at) => (ends[at] ?? -1) - test.broker.calls.indexOf(`+${agent}`));
      assert.ok(!ends.includes(-1) && Math.max(...distances) <= 12, distances.join(" "));
    });

    it("ends all where nothing is wanted any more", async () => {
      const { manager } = await started([ANNA, BART]);
      kill(manager);
      manage();
      await test.clock.tickAsync(500);
      assert.deepEqual(test.broker.addresses(), []);
    });

    it("ends what the killed process had asked for and never heard of, with its first event", async () => {
      const { manager: first } = await started([ANNA]);
      kill(first);
      test.broker.held.set("orphan", ANNA);
      const { manager } = await started([ANNA]);
      assert.equal(manager.admission.admits(CALLBACK, "orphan", ANNA), false);
      await test.clock.tickAsync(500);
      assert.deepEqual(test.broker.addresses(), [ANNA]);
      assert.equal(test.broker.held.has("orphan"), false);
    });

    it("ends several of one agent of which no file knows, as after restarts while nothing could be saved", async () => {
      const { manager: first } = await started([ANNA]);
      kill(first);
      const stored = structuredClone(test.stored);
      for (let restart = 0; restart < 3; restart++) {
        const { manager } = await started([ANNA]);
        kill(manager);
        test.stored = structuredClone(stored);
      }
      const { manager } = await started([ANNA]);
      for (const id of [...test.broker.held.keys()]) manager.admission.admits(CALLBACK, id, ANNA);
      await test.clock.tickAsync(60_000);
      assert.deepEqual(test.broker.addresses(), [ANNA]);
    });

    for (const [what, again] of [
      ["at another address", false],
      ["and again", true],
    ] as const)
      it(`ends all that a process had asked for, ${what}, and that was killed before it wrote of an answer`, async () => {
        const agents = [ANNA, BART, "sip:carla@contoso.example"];
        const { manager, one } = await started(agents);
        const next = again ? one : open(manager, 0, "http://x/z");
        if (again) for (let asked = 0; asked < 3; asked++) void one.subscribe(agents).then(() => one.subscribe(agents));
        else {
          void one.close(1800, true);
          await test.clock.tickAsync(1000);
          void next.start(agents);
        }
        const wanted = test.broker.held.size + agents.length * (again ? 2 : 1);
        for (let ms = 0; ms < 90 && test.broker.held.size < wanted; ms++) await test.clock.tickAsync(1);
        assert.equal(test.broker.held.size, wanted);
        kill(manager);
        const url = again ? CALLBACK : "http://x/z";
        const left = [...test.broker.held];
        const last = manage();
        const now = open(last, 0, url);
        void now.start(agents);
        for (let second = 0; second < 60; second++) {
          for (const [id, address] of left) if (test.broker.held.has(id)) last.admission.admits(url, id, address);
          await test.clock.tickAsync(1000);
        }
        assert.deepEqual(test.broker.addresses().toSorted(), agents.toSorted());
      });

    it("ends what was asked for at a former address, also two kills later", async () => {
      const former = "http://x/z";
      test.broker.gate = new Promise(() => undefined);
      const { manager: first } = await started([BART]);
      void open(first, 0, former).start([ANNA]);
      await test.clock.tickAsync(1000);
      kill(first);
      test.broker.gate = undefined;
      test.broker.held.set("orphan", ANNA);
      const { manager: second } = await started([ANNA]);
      await test.clock.tickAsync(1000);
      kill(second);
      const { manager } = await started([ANNA]);
      assert.equal(manager.admission.admits(former, "orphan", ANNA), false);
      await test.clock.tickAsync(500);
      assert.deepEqual(test.broker.addresses(), [ANNA]);
      assert.equal(test.broker.held.has("orphan"), false);
    });

    it("ends no unknown subscription where others subscribe to the same address, too", async () => {
      const { manager: first } = await started([ANNA]);
      kill(first);
      test.broker.held.set("of another", ANNA);
      const { manager } = await started([ANNA]);
      assert.equal(manager.admission.admits(CALLBACK, "of another", ANNA, true), false);
      await test.clock.tickAsync(500);
      assert.equal(test.broker.held.has("of another"), true);
    });

    it("keeps in mind what it could not end, subscribes all the same, and ends it later", async () => {
      const { manager } = await started([ANNA, BART]);
      kill(manager);
      test.broker.keeps = failure(500);
      await started([ANNA]);
      assert.equal(Object.keys(test.stored?.removals ?? {}).length, 2);
      test.broker.keeps = undefined;
      await test.clock.tickAsync(10_000);
      assert.deepEqual([test.broker.addresses(), test.stored?.removals], [[ANNA], {}]);
    });

    it("says since when events may be lost where the store was damaged, and ends what posts", async () => {
      test.stored = { unknownSince: 5 } as never;
      test.broker.held.set("orphan", ANNA);
      const { manager } = await started([ANNA]);
      await test.clock.tickAsync(500);
      assert.deepEqual(
        test.gaps.map(({ from, agents }) => [Date.parse(from), agents]),
        [[5, [ANNA]]],
      );
      assert.equal(manager.admission.admits(CALLBACK, "orphan", ANNA), false);
      await test.clock.tickAsync(500);
      assert.deepEqual([...test.broker.held.keys()], ["id-1"]);
      void test.open(manager).start([BART]);
      await test.clock.tickAsync(500);
      assert.equal(test.gaps.length, 1);
    });

    it("takes anything in the store for foreign data", async () => {
      for (const content of ["text", [], { held: 5, removals: [] }, { held: { a: null }, ended: { b: "x" } }]) {
        test.stored = content as never;
        const { manager, one } = await started([ANNA]);
        assert.equal(one.list()[0]?.subscribed, true);
        await one.close(100);
        await manager.close();
      }
    });
  });
});
