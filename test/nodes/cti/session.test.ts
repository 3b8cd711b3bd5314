import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Node, NodeAPI } from "node-red";
import type { CtiClient } from "../../../lib/cti/client.js";
import { readEvent } from "../../../lib/cti/events.js";
import type { StoredSubscriptions } from "../../../lib/cti/subscription-store.js";
import { Subscriber } from "../../../lib/cti/subscriber.js";
import { expectEvents, isDuplicate, isExpected } from "../../../nodes/cti/callback.js";
import { openSession } from "../../../nodes/cti/session.js";
import { ANNA, BART, CALLBACK, SubscriptionTest } from "../../support/cti-subscriptions.js";
import { FakeBroker, failure } from "../../support/fake-cti-broker.js";

let runs = 0;
/** Files are read in real time. */
const { setTimeout: inRealTime } = globalThis;

describe("nodes/cti/session, where the address of a broker is edited", () => {
  const test = new SubscriptionTest();
  let userDir: string;
  let eventNode: string;
  let RED: NodeAPI;
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), "cc-cti-"));
    eventNode = `session-${++runs}`;
    RED = {
      events: new EventEmitter(),
      settings: { userDir },
      log: { warn: String },
      _: String,
    } as unknown as NodeAPI;
  });
  afterEach(() => rmSync(userDir, { recursive: true, force: true, maxRetries: 5 }));

  /** A broker behind an address that may close. */
  const at = (broker: FakeBroker, isClosed = (): boolean => false): CtiClient => {
    const through = <T>(request: () => Promise<T>): Promise<T> =>
      isClosed() ? Promise.reject(failure("ECONNREFUSED")) : request();
    return {
      subscribe: (request) => through(() => broker.subscribe(request)),
      unsubscribe: (id) => through(() => broker.unsubscribe(id)),
      test: () => through(() => broker.test()),
      close: () => undefined,
    } as CtiClient;
  };
  /** Time passes, also for files, until this holds, 10 s at most. */
  const until = async (holds: () => boolean): Promise<void> => {
    for (let tries = 0; tries < 5000 && !holds(); tries++) {
      await new Promise((resolve) => inRealTime(resolve, 2));
      await test.clock.tickAsync(2);
    }
  };
  /** A deploy with this address: what was deployed before closes. @returns how it closes */
  const deploy = async (
    url: string,
    client: CtiClient,
    { isStop = false }: { isStop?: boolean } = {},
  ): Promise<() => Promise<unknown>> => {
    const node = { id: "broker", warn: String } as unknown as Node;
    const { subscriptions, left } = openSession(RED, url, { node, client, parallel: 4, fields: "" });
    if (!test.managers.includes(subscriptions)) test.managers.push(subscriptions);
    const subscriber = new Subscriber(subscriptions, { callback: { url: CALLBACK } });
    const receiver = { subscriptions, broker: "broker", url: CALLBACK, onLoggedOut: () => undefined };
    const release = expectEvents(eventNode, receiver);
    const started = subscriber.start([ANNA, BART]);
    RED.events.emit("flows:started", { config: { flows: [] } });
    let isStarted = false;
    void started.then(() => (isStarted = true));
    await until(() => isStarted);
    assert.ok(isStarted);
    return () => {
      const closing = subscriber.close(1800, !isStop);
      release();
      return isStop ? left(closing) : closing;
    };
  };
  /** Every subscription posts each event of its agent, one a second. @returns events that came out, and those that there were */
  const pass = async (seconds: number, brokers: readonly FakeBroker[]): Promise<[out: number, all: number]> => {
    let out = 0;
    for (let second = 0; second < seconds; second++) {
      for (const [SubscriptionId, ImAddress] of brokers.flatMap(({ held }) => [...held])) {
        const callId = `${runs}-${Date.now()}`;
        const event = readEvent({ eventType: "OnHold", SessionType: 0, SubscriptionId, ImAddress, callId });
        if (isExpected(eventNode, event, false) && !isDuplicate(eventNode, event, true)) out++;
      }
      await test.clock.tickAsync(1000);
    }
    return [out, 2 * seconds];
  };
  const guid = (at: number): string => `0f8fad5b-d9cb-469f-a165-7086${at.toString().padStart(8, "0")}`;

  for (const [what, isKnownAway] of [
    ["in that deploy", false],
    ["a minute before", true],
  ] as const)
    it(`to another one of the same broker, and the former closes ${what}: each event once, and one subscription each`, async () => {
      let isClosed = false;
      let count = 0;
      test.broker.nextId = () => guid(++count);
      const close = await deploy(
        "http://old",
        at(test.broker, () => isClosed),
      );
      assert.equal(test.broker.held.size, 2);
      isClosed = true;
      if (isKnownAway) await test.clock.tickAsync(60_000);
      void close();
      await deploy("http://new", at(test.broker));
      assert.equal(test.broker.held.size, 4);
      const [out, all] = await pass(45, [test.broker]);
      await until(() => test.broker.held.size === 2);
      assert.deepEqual([out, [...test.broker.held.keys()]], [all, [guid(3), guid(4)]]);
    });

  it("to that of another broker: it is asked for nothing of ids that both may give", async () => {
    let isClosed = false;
    const other = new FakeBroker();
    const close = await deploy(
      "http://old",
      at(test.broker, () => isClosed),
    );
    isClosed = true;
    void close();
    // Numbers of another row, which are not ours.
    other.held.set("id-1", "sip:theirs@contoso.example").set("id-2", "sip:theirs@contoso.example");
    other.nextId = (address) => `other of ${address}`;
    await deploy("http://new", at(other));
    await pass(120, [test.broker]);
    assert.deepEqual(other.calls.toSorted(), [`+${ANNA}`, `+${BART}`]);
  });

  for (const isClosed of [false, true])
    it(`and the former ${isClosed ? "has closed: what has a GUID is ended at the new one, though nothing is posted" : "is there: nothing is left to be ended later"}`, async () => {
      let count = 0;
      let closed = false;
      test.broker.nextId = () => (isClosed ? guid(++count) : `id-${++count}`);
      const close = await deploy(
        "http://old",
        at(test.broker, () => closed),
      );
      closed = isClosed;
      void close();
      await deploy("http://new", at(test.broker));
      const file = join(userDir, "contact-center", "cti-broker.json");
      const former = (): number => {
        const { broker, former = {} } = JSON.parse(readFileSync(file, "utf8")) as StoredSubscriptions;
        return Object.values(former).filter((one) => one.broker !== broker).length;
      };
      await test.clock.tickAsync(36_000);
      await until(() => test.broker.held.size === 2);
      await test.clock.tickAsync(60_000);
      await until(() => former() === (isClosed ? 2 : 0));
      assert.deepEqual([test.broker.addresses(), former()], [[ANNA, BART], isClosed ? 2 : 0]);
      assert.ok(test.broker.held.has(isClosed ? guid(3) : "id-3"));
    });

  it("and a stop tells once how many subscriptions may stay, and where", async () => {
    const [first, second] = [new FakeBroker(), test.broker];
    void (await deploy("http://one:1", at(first)))();
    first.keeps = failure(500);
    const stop = await deploy("http://two:2", at(second), { isStop: true });
    const other = await deploy("http://two:2", at(second), { isStop: true });
    await until(() => first.calls.filter((call) => call.startsWith("-")).length >= 2);
    const told = Promise.all([stop(), other()]);
    await test.clock.tickAsync(5000);
    await until(() => second.held.size === 0);
    // The last one that has waited tells it.
    assert.deepEqual((await told).flat(), [{ host: "one:1", count: 2, isFormer: true }]);
  });

  it("and a broker gives an agent the same id again: it is not ended at the former address", async () => {
    const ids = new Map([ANNA, BART].map((address, at) => [address, guid(at)]));
    test.broker.nextId = (address) => ids.get(address) ?? "";
    let isClosed = false;
    const close = await deploy(
      "http://old",
      at(test.broker, () => isClosed),
    );
    isClosed = true;
    void close();
    await deploy("http://new", at(test.broker));
    isClosed = false;
    await test.clock.tickAsync(120_000);
    assert.equal(test.broker.held.size, 2);
  });

  it("has one name for all nodes that name one broker: what both post of an agent is a copy", async () => {
    const client = at(test.broker);
    const nameOf = (id: string, url: string): string => {
      const node = { id, warn: String } as unknown as Node;
      const { name, subscriptions } = openSession(RED, url, { node, client, parallel: 4, fields: "" });
      if (!test.managers.includes(subscriptions)) test.managers.push(subscriptions);
      return name;
    };
    const both = [nameOf("a", "http://x/cti"), nameOf("b", "http://X/cti/")];
    assert.deepEqual(both, ["a", "a"]);
    assert.equal(nameOf("c", "http://y"), "c");
    assert.equal(nameOf("c", "http://z"), "c");
    assert.notEqual(nameOf("b", "http://v"), "a");
    assert.equal(nameOf("b", "http://x/cti"), "a");
    await until(() => true);
  });
});
