import assert from "node:assert/strict";
import { type Clock, install } from "@sinonjs/fake-timers";
import { ContactCenterError } from "../../../lib/core/errors.js";
import type { CtiClient, SubscribeRequest } from "../../../lib/cti/client.js";
import { SubscriptionManager, type SubscriptionRow } from "../../../lib/cti/subscriptions.js";

const ANNA = "sip:anna@contoso.example";
const BART = "sip:bart@contoso.example";

function failure(code: number | string): ContactCenterError {
  return new ContactCenterError(code, "x", {
    vendor: "anywhere365",
    operation: "subscribe",
    ...(typeof code === "number" && { status: code }),
  });
}

function codeOf(row: SubscriptionRow | undefined): unknown {
  return row?.error instanceof ContactCenterError ? row.error.code : row?.error;
}

/** A broker without a network. */
class FakeBroker implements Pick<CtiClient, "subscribe" | "unsubscribe" | "onBack" | "downSince"> {
  readonly held = new Map<string, string>();
  readonly calls: string[] = [];
  downSince: ContactCenterError | undefined;
  /** What the next requests meet; undefined = they work. */
  fault: ContactCenterError | undefined;
  gate: Promise<void> | undefined;
  nextId = (): string => `id-${++this.count}`;
  private count = 0;
  private readonly listeners = new Set<() => void>();

  async subscribe({ imAddress = "" }: SubscribeRequest): Promise<string> {
    this.calls.push(`+${imAddress}`);
    await this.pass();
    const id = this.nextId();
    this.held.set(id, imAddress);
    return id;
  }

  async unsubscribe(id: string): Promise<void> {
    this.calls.push(`-${id}`);
    await this.pass();
    this.held.delete(id);
  }

  onBack(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  goDown(code: number | string = "ECONNREFUSED"): void {
    this.fault = this.downSince = failure(code);
  }

  comeBack(): void {
    this.fault = this.downSince = undefined;
    for (const listener of this.listeners) listener();
  }

  addresses(): string[] {
    return [...this.held.values()].sort();
  }

  private async pass(): Promise<void> {
    await this.gate;
    if (this.fault) throw this.fault;
  }
}

describe("lib/cti/subscriptions", () => {
  let clock: Clock;
  let broker: FakeBroker;
  let stored: string[];
  let keepers: SubscriptionManager[];
  const keep = (renewMs = 0): SubscriptionManager => {
    const store = {
      load: () => Promise.resolve(stored),
      save: (ids: readonly string[]) => {
        stored = [...ids];
        return Promise.resolve();
      },
    };
    const keeper = new SubscriptionManager({
      client: broker,
      store,
      callback: "http://x/y",
      renewMs,
      backoff: { random: () => 1 },
    });
    keepers.push(keeper);
    return keeper;
  };

  beforeEach(() => {
    clock = install();
    broker = new FakeBroker();
    stored = [];
    keepers = [];
  });
  afterEach(async () => {
    broker.fault = broker.gate = undefined;
    const closed = Promise.all(keepers.map((keeper) => keeper.close(1)));
    await clock.tickAsync(1);
    await closed;
    clock.uninstall();
  });

  it("subscribes what is asked for and says so once the broker answered for each", async () => {
    const rows = await keep().start([ANNA, BART]);
    assert.deepEqual(rows, [
      { imAddress: ANNA, subscribed: true, subscriptionId: "id-1" },
      { imAddress: BART, subscribed: true, subscriptionId: "id-2" },
    ]);
    assert.deepEqual(stored, ["id-1", "id-2"]);
  });

  it("removes what an earlier life left before it subscribes", async () => {
    broker.held.set("old", ANNA);
    stored = ["old", "older"];
    await keep().start([ANNA]);
    assert.deepEqual(broker.calls, ["-old", "-older", `+${ANNA}`]);
    assert.deepEqual([broker.addresses(), stored], [[ANNA], ["id-1"]]);
  });

  it("keeps in mind what it could not remove, subscribes all the same, and removes it later", async () => {
    stored = ["old"];
    broker.held.set("old", ANNA);
    broker.fault = failure(500);
    const started = keep().start([ANNA]);
    await clock.tickAsync(0);
    assert.deepEqual(stored, ["old"]);
    broker.fault = undefined;
    await clock.tickAsync(600);
    await started;
    assert.deepEqual([broker.addresses(), stored], [[ANNA], ["id-1"]]);
  });

  it("tries a broker that is down again with back-off, never gives up, and is settled when it is back", async () => {
    broker.fault = failure("ECONNREFUSED");
    const keeper = keep();
    let settled = false;
    const started = keeper.start([ANNA]).then((rows) => {
      settled = true;
      return rows;
    });
    await clock.tickAsync(500 + 1000 + 2000 + 4000 + 8000 + 16_000 + 30_000 + 30_000);
    assert.deepEqual([broker.calls.length, settled], [9, false]);
    broker.fault = undefined;
    await clock.tickAsync(30_000);
    assert.deepEqual(await started, [{ imAddress: ANNA, subscribed: true, subscriptionId: "id-1" }]);
  });

  it("is settled by a refusal too, and tries again", async () => {
    broker.fault = failure(500);
    const keeper = keep();
    const [row] = await keeper.start([ANNA]);
    assert.deepEqual([row?.subscribed, codeOf(row)], [false, 500]);
    broker.fault = undefined;
    await clock.tickAsync(500);
    assert.equal(keeper.list()[0]?.subscribed, true);
  });

  it("subscribes anew as soon as a broker that was away answers: it may have forgotten", async () => {
    const keeper = keep();
    await keeper.start([ANNA, BART]);
    broker.goDown();
    broker.held.clear();
    broker.comeBack();
    await clock.tickAsync(0);
    assert.deepEqual(
      [broker.addresses(), keeper.list().map((row) => row.subscriptionId), stored],
      [
        [ANNA, BART],
        ["id-3", "id-4"],
        ["id-3", "id-4"],
      ],
    );
  });

  it("renews: the new one first, then the end of the old one", async () => {
    await keep(60_000).start([ANNA]);
    await clock.tickAsync(60_000);
    assert.deepEqual(broker.calls, [`+${ANNA}`, `+${ANNA}`, "-id-1"]);
    await clock.tickAsync(60_000);
    assert.deepEqual([broker.addresses(), stored], [[ANNA], ["id-3"]]);
  });

  it("does not end a subscription whose id the broker hands out again", async () => {
    broker.nextId = () => "same";
    const keeper = keep(60_000);
    await keeper.start([ANNA]);
    await clock.tickAsync(60_000);
    await keeper.subscribe([ANNA]);
    assert.deepEqual([broker.calls.includes("-same"), broker.addresses()], [false, [ANNA]]);
  });

  it("answers at once about a broker that is known to be down, even one that does not answer", async () => {
    const keeper = keep();
    await keeper.start([]);
    broker.goDown("ETIMEDOUT");
    broker.gate = new Promise(() => undefined);
    const answer = keeper.subscribe([ANNA]);
    await clock.tickAsync(500);
    const [row] = await answer;
    assert.deepEqual([row?.imAddress, row?.subscribed, codeOf(row)], [ANNA, false, "ETIMEDOUT"]);
  });

  it("renews on request what is subscribed already: one subscription, however often", async () => {
    const keeper = keep();
    await keeper.start([ANNA]);
    await keeper.subscribe([ANNA.toUpperCase()]);
    await clock.tickAsync(0);
    assert.deepEqual([broker.addresses(), stored], [[ANNA], ["id-2"]]);
  });

  it("joins requests for the same agent", async () => {
    const keeper = keep();
    await Promise.all([keeper.start([ANNA]), keeper.subscribe([ANNA]), keeper.subscribe([ANNA])]);
    assert.equal(broker.addresses().length, 1);
  });

  it("unsubscribes one, all, and one that it does not have", async () => {
    const keeper = keep();
    await keeper.start([ANNA, BART]);
    assert.deepEqual(await keeper.unsubscribe([ANNA]), [{ imAddress: ANNA, subscribed: false }]);
    assert.deepEqual(await keeper.unsubscribe([ANNA]), [{ imAddress: ANNA, subscribed: false }]);
    assert.deepEqual(await keeper.unsubscribe(), [{ imAddress: BART, subscribed: false }]);
    assert.deepEqual([broker.addresses(), stored, keeper.list()], [[], [], []]);
  });

  it("says what kept it from unsubscribing, and goes on trying", async () => {
    const keeper = keep();
    await keeper.start([ANNA]);
    broker.fault = failure(500);
    const [row] = await keeper.unsubscribe([ANNA]);
    assert.deepEqual([row?.subscribed, row?.subscriptionId, codeOf(row)], [false, "id-1", 500]);
    broker.fault = undefined;
    await clock.tickAsync(500);
    assert.deepEqual([broker.addresses(), stored], [[], []]);
  });

  it("ends a subscription that was answered after nobody wanted it any more", async () => {
    const keeper = keep();
    let open = (): void => undefined;
    broker.gate = new Promise((resolve) => (open = resolve));
    const asked = keeper.subscribe([ANNA]);
    await clock.tickAsync(0);
    void keeper.unsubscribe([ANNA]);
    open();
    await asked;
    await clock.tickAsync(0);
    assert.deepEqual([broker.calls, broker.addresses(), stored], [[`+${ANNA}`, "-id-1"], [], []]);
  });

  it("ends everything on close, what is being answered included", async () => {
    const keeper = keep(60_000);
    await keeper.start([ANNA]);
    let open = (): void => undefined;
    broker.gate = new Promise((resolve) => (open = resolve));
    void keeper.subscribe([BART]);
    await clock.tickAsync(0);
    const closed = keeper.close(2000);
    open();
    assert.deepEqual(await closed, []);
    await clock.tickAsync(300_000);
    assert.deepEqual([broker.addresses(), stored], [[], []]);
  });

  it("waits for a broker that does not answer no longer than told, and leaves the ids for the next life", async () => {
    const keeper = keep();
    await keeper.start([ANNA]);
    broker.gate = new Promise(() => undefined);
    const closed = keeper.close(2000);
    await clock.tickAsync(2000);
    assert.deepEqual([await closed, stored], [["id-1"], ["id-1"]]);
  });

  it("does not touch the store of the next life when an answer comes late", async () => {
    const keeper = keep();
    let open = (): void => undefined;
    await keeper.start([]);
    broker.gate = new Promise((resolve) => (open = resolve));
    void keeper.subscribe([ANNA]);
    await clock.tickAsync(0);
    const closed = keeper.close(2000);
    await clock.tickAsync(2000);
    await closed;
    stored = ["of the next life"];
    open();
    await clock.tickAsync(0);
    assert.deepEqual([broker.addresses(), stored], [[], ["of the next life"]]);
  });

  it("expects events of what it holds, gives up, or is being given, and of nothing else", async () => {
    const keeper = keep();
    await keeper.start([ANNA]);
    assert.deepEqual([keeper.expects("ID-1"), keeper.expects("id-2")], [true, false]);
    let open = (): void => undefined;
    broker.gate = new Promise((resolve) => (open = resolve));
    const asked = keeper.subscribe([ANNA]);
    assert.equal(keeper.expects("id-2"), true);
    open();
    await asked;
    assert.deepEqual([keeper.expects("id-2"), keeper.expects("id-9")], [true, false]);
    broker.fault = failure(500);
    await keeper.unsubscribe([ANNA]);
    assert.equal(keeper.expects("id-2"), true);
  });

  it("removes a subscription that it never heard of only where an answer got lost, and one for each", async () => {
    const keeper = keep();
    await keeper.start([ANNA]);
    assert.equal(keeper.unsubscribeIfLost("stranger"), false);
    broker.fault = failure("ETIMEDOUT");
    await keeper.subscribe([BART]);
    broker.fault = undefined;
    await clock.tickAsync(500);
    assert.equal(keeper.unsubscribeIfLost("lost"), true);
    assert.equal(keeper.unsubscribeIfLost("stranger"), false);
    await clock.tickAsync(0);
    assert.ok(broker.calls.includes("-lost"));
    assert.equal(broker.calls.includes("-stranger"), false);
  });
});
