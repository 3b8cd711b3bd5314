import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { enreachLogin, tokenLogin } from "../../../lib/rte/login.js";
import { createRteClient } from "../../../lib/rte/client.js";
import type { ClientOptions, RteClient } from "../../../lib/rte/types.js";
import { CLOSED_QUEUE } from "../../../simulators/directory.js";
import type { Fault } from "../../../simulators/rte/faults.js";
import { DEMO } from "../../../simulators/rte/seed-data.js";
import { type RteSimulator, startRteSimulator } from "../../../simulators/rte/simulator.js";
import { hubHas, of, QUEUE_ID } from "../../support/rte.js";
import { RecordingSubscriber, FAST } from "../../support/recording-subscriber.js";
import { until } from "../../support/wait.js";

describe("lib/rte/client after an outage", () => {
  let simulator: RteSimulator;
  let client: RteClient;
  const account = () => ({ email: DEMO.email, discoveryUrl: `${simulator.url}/api/user`, secretKey: DEMO.secretKey });
  function open(options: Partial<ClientOptions> = {}): RteClient {
    client = createRteClient({ login: enreachLogin(account), ...FAST, ...options });
    client.open();
    return client;
  }
  async function listening(...events: string[]): Promise<RecordingSubscriber> {
    const recorder = new RecordingSubscriber(open());
    await recorder.setSubscriptions((events.length > 0 ? events : ["QueueStatus"]).map((event) => of(event)));
    await recorder.notice("subscribed");
    return recorder;
  }
  beforeEach(async () => {
    simulator = await startRteSimulator({ pingMs: 60 });
  });
  afterEach(async () => {
    await client?.close();
    await simulator.close();
  });

  const OUTAGES: Record<
    string,
    { reason: string; begin: () => Promise<void> | void; end: () => Promise<void> | void }
  > = {
    "the hub is killed and comes back": {
      reason: "closed",
      begin: () => simulator.stop(),
      end: () => simulator.start(),
    },
    "the socket breaks": { reason: "closed", begin: () => simulator.hub.drop(), end: () => undefined },
    "the hub says good-bye": { reason: "closed", begin: () => simulator.hub.sayGoodbye(), end: () => undefined },
    "the hub ends with an error": {
      reason: "hub",
      begin: () => simulator.hub.sayGoodbye("Server shutting down"),
      end: () => undefined,
    },
    "the socket falls silent": {
      reason: "silent",
      begin: () => simulator.setFault("silent"),
      end: () => simulator.setFault("none"),
    },
  };
  for (const [what, { reason, begin, end }] of Object.entries(OUTAGES)) {
    it(`${what}: back, subscribed again, gap with true times, nothing doubled`, async () => {
      const recorder = await listening("QueueStatus", "QueueCallInArrived");
      simulator.emit("QueueStatus", QUEUE_ID);
      await until("an event", () => recorder.events.length === 1);
      const beforeMs = Date.now();
      await begin();
      assert.equal((await recorder.notice("disconnected")).payload.reason, reason);
      await end();
      // Where a call failed meanwhile, the hub takes them one by one.
      const gaps = await until("the gap of both", () => {
        const all = recorder.all("gap");
        return all.flatMap(({ payload }) => payload.subscriptions).length >= 2 && all;
      });
      const backMs = Date.now();
      await hubHas(simulator, of("QueueStatus"), of("QueueCallInArrived"));
      for (const { payload } of gaps) {
        // The last sign of life is at most one ping before the outage.
        assert.ok(Date.parse(payload.from) >= beforeMs - 100 && Date.parse(payload.from) <= beforeMs + 50, "from");
        assert.ok(Date.parse(payload.to) >= beforeMs && Date.parse(payload.to) <= backMs, "to");
        assert.equal(payload.durationMs, Date.parse(payload.to) - Date.parse(payload.from));
      }
      assert.deepEqual(
        gaps.flatMap(({ payload }) => payload.subscriptions),
        [of("QueueStatus"), of("QueueCallInArrived")],
      );
      simulator.emit("QueueCallInArrived", QUEUE_ID);
      await until("an event again", () => recorder.events.length === 2);
      assert.deepEqual(
        recorder.notices.map(({ topic }) => topic),
        ["connected", "subscribed", "disconnected", "connected", ...gaps.flatMap(() => ["subscribed", "gap"])],
      );
    });
  }

  const NO_WAY_IN: Record<string, { fault: Fault; reason: string }> = {
    "negotiate hangs": { fault: "hang-negotiate", reason: "timeout" },
    "the upgrade hangs": { fault: "hang-upgrade", reason: "timeout" },
    "the handshake hangs": { fault: "hang-handshake", reason: "timeout" },
    "the token is refused": { fault: "unauthorized", reason: "unauthorized" },
    "the user may not": { fault: "forbidden", reason: "forbidden" },
    "the REST chain is broken": { fault: "broken-rest", reason: "server" },
  };
  for (const [what, { fault, reason }] of Object.entries(NO_WAY_IN)) {
    it(`${what} at start: said in its own word, and in once it is over`, async () => {
      simulator.setFault(fault);
      const recorder = new RecordingSubscriber(open());
      await recorder.setSubscriptions([of("QueueStatus")]);
      assert.equal((await recorder.notice("disconnected")).payload.reason, reason);
      simulator.setFault("none");
      assert.deepEqual((await recorder.notice("gap")).payload.subscriptions, [of("QueueStatus")]);
      assert.equal(recorder.all("disconnected").length, 1, "once per outage");
    });
  }

  it("nobody listens at start: said, and in once somebody does", async () => {
    await simulator.stop();
    const startMs = Date.now();
    const recorder = new RecordingSubscriber(open());
    await recorder.setSubscriptions([of("QueueStatus")]);
    assert.equal((await recorder.notice("disconnected")).payload.reason, "network");
    await simulator.start();
    assert.ok(Date.parse((await recorder.notice("gap")).payload.from) - startMs < 100, "from the start on");
  });

  it("gives up a hub that answers no method, on a connection of no use", async () => {
    simulator.setFault("hang-calls");
    const recorder = new RecordingSubscriber(open());
    await recorder.setSubscriptions([of("QueueStatus")]);
    assert.equal((await recorder.notice("disconnected")).payload.reason, "timeout");
    simulator.setFault("none");
    await recorder.notice("gap");
  });

  it("takes a fresh token for each connection; an expired one is refused", async () => {
    const asked: string[] = [];
    let token = simulator.token();
    open({
      login: tokenLogin(() => {
        asked.push(token);
        return { url: simulator.hubUrl.replace("http", "ws"), token };
      }),
    });
    const recorder = new RecordingSubscriber(client);
    await recorder.setSubscriptions([of("QueueStatus")]);
    await recorder.notice("subscribed");
    token = simulator.token(-10);
    simulator.hub.drop();
    await recorder.notice("disconnected");
    await until("a refusal", () =>
      recorder.states.some((state) => state.word === "disconnected" && state.reason === "unauthorized"),
    );
    token = simulator.token();
    await recorder.notice("gap");
    assert.ok(new Set(asked).size >= 3);
  });

  it("a gap that spans two outages begins with the first", async () => {
    const recorder = await listening();
    await simulator.stop();
    const downMs = Date.now();
    simulator.setFault("hang-calls");
    await simulator.start();
    await until("a connection that gets nowhere", () => recorder.all("connected").length === 2);
    await sleep(200);
    simulator.setFault("none");
    assert.ok(Date.parse((await recorder.notice("gap")).payload.from) <= downMs);
  });

  it("reports an outage to a subscriber that joins in it, and a gap only from then on", async () => {
    const recorder = await listening();
    await simulator.stop();
    await recorder.notice("disconnected");
    await sleep(60);
    const joinedMs = Date.now();
    const late = new RecordingSubscriber(client);
    await late.setSubscriptions([of("QueueStatus")]);
    assert.equal(late.all("disconnected").length, 1);
    await simulator.start();
    assert.ok(Date.parse((await late.notice("gap")).payload.from) >= joinedMs);
    assert.ok(Date.parse((await recorder.notice("gap")).payload.from) < joinedMs);
  });

  it("reports at once what is lost until a subscription is taken back, and from then on what is lost of a new one", async () => {
    const recorder = await listening();
    await simulator.stop();
    await recorder.notice("disconnected");
    await recorder.unsubscribe();
    const [first] = recorder.all("gap");
    assert.deepEqual(first?.payload.subscriptions, [of("QueueStatus")]);
    await recorder.subscribe([of("QueueStatus")]);
    await simulator.start();
    await until("the gap of the new one", () => recorder.all("gap").length === 2);
    const [before, after] = recorder.all("gap").map(({ payload }) => payload);
    const outage = recorder.all("disconnected").length;
    assert.equal(outage, 1);
    assert.ok(before && after && Date.parse(before.from) <= Date.parse(before.to), "from before to");
    assert.ok(Date.parse(after.from) - Date.parse(before.to) < 1000, "nothing between them");
  });

  it("reports no loss of what the hub refused from the start, or serves, when it is taken back", async () => {
    const recorder = await listening();
    await recorder.subscribe([{ ...of("QueueStatus"), entityId: CLOSED_QUEUE.id }]);
    await recorder.unsubscribe();
    assert.deepEqual(recorder.all("gap"), []);
  });
});
