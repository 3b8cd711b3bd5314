import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CtiSimulator, startCtiSimulator } from "../../../simulators/cti/simulator.js";
import { catchProbe } from "../../support/flow.js";
import { type FlowNode, freePort, makeUserDir, NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { ANNA, BART, button, eventLoopFlow, held, pressInject, withSettings } from "../../support/cti.js";
import { rows } from "../../support/cti-subscribe.js";
import { send } from "../../support/webhook.js";

/** What the broker node has in its file. */
function stateFile(userDir: string): string {
  const path = join(userDir, "contact-center", "cti-broker.json");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

describe("nodes/cti/cti-subscribe-restarts", function () {
  this.timeout(120_000);
  let userDir: string;
  let port: number;
  let own: CtiSimulator;
  let other: NodeRed;
  beforeEach(async () => {
    userDir = makeUserDir();
    port = await freePort();
    own = await startCtiSimulator();
    other = await NodeRed.start({ userDir, port });
  });
  afterEach(async () => {
    await other.stop();
    await own.close();
    rmSync(userDir, { recursive: true, force: true });
  });
  const ownHolds = (addresses: string[]): Promise<true> =>
    until(
      `exactly ${addresses.join(", ")}`,
      () => JSON.stringify(held(own)) === JSON.stringify(addresses) || undefined,
      20_000,
    );

  it("leaves nothing behind when Node-RED stops", async () => {
    await other.deploy(eventLoopFlow(own, other, [ANNA, BART]));
    await ownHolds([ANNA, BART]);
    await other.stop();
    assert.deepEqual(held(own), []);
  });

  it("closes within two seconds when the broker does not answer", async () => {
    await other.deploy(eventLoopFlow(own, other, [ANNA]));
    await ownHolds([ANNA]);
    own.faults.slowMs = 60_000;
    const started = Date.now();
    await other.stop();
    const took = Date.now() - started;
    // Node-RED itself would wait for 15 s.
    assert.ok(took > 1500 && took < 10_000, `${took} ms`);
    own.faults.slowMs = 0;
  });

  it("removes after a kill, with the default context, what the killed process had, and subscribes again", async () => {
    await other.deploy(eventLoopFlow(own, other, [ANNA, BART]));
    await ownHolds([ANNA, BART]);
    const old = own.state().subscriptions.map((one) => one.id);
    await until("the ids on disk", () => old.every((id) => stateFile(userDir).includes(id)));
    await other.stop("SIGKILL");
    assert.deepEqual(held(own), [ANNA, BART]);
    other = await NodeRed.start({ userDir, port });
    await until(
      "new ids",
      () => own.state().subscriptions.every((one) => !old.includes(one.id)) && held(own).length === 2,
    );
    assert.deepEqual(held(own), [ANNA, BART]);
  });

  it("takes over what a killed process had although a message asks in the first moment", async () => {
    const asks = (id: string, message: Record<string, unknown>): FlowNode => ({
      ...button(id, "subscribe", message),
      once: true,
      onceDelay: 0.001,
    });
    const flows = eventLoopFlow(own, other, [ANNA, BART]);
    await other.deploy([
      ...flows,
      asks("sub", { action: "subscribe", payload: ANNA }),
      asks("unsub", { action: "unsubscribe", payload: BART }),
    ]);
    await ownHolds([ANNA]);
    await until("the id on disk", () => stateFile(userDir).includes(own.state().subscriptions[0]?.id ?? "?"));
    const old = new Set(own.state().subscriptions.map((one) => one.id));
    await other.stop("SIGKILL");
    other = await NodeRed.start({ userDir, port });
    await other.logged("Events of 1 agent(s)");
    await until("a new id alone", () => own.state().subscriptions.every((one) => !old.has(one.id)));
    await ownHolds([ANNA]);
  });

  it("ends what a killed process may have asked for at an address whose secret is edited then", async () => {
    const flow = (secret: string): FlowNode[] =>
      withSettings(eventLoopFlow(own, other, [ANNA]), "events", { credentials: { secret } });
    await other.deploy(flow("former"));
    await ownHolds([ANNA]);
    await until("the file", () => stateFile(userDir).includes(own.state().subscriptions[0]?.id ?? "?"));
    await other.stop("SIGKILL");
    const body = { ImAddress: ANNA, CallbackUrl: `${other.url}/cti/former` };
    const made = await fetch(`${own.url}/api/subscribe`, { method: "POST", body: JSON.stringify(body) });
    const orphan = made.headers.get("location")?.split("/").pop();
    other = await NodeRed.start({ userDir, port });
    await other.deploy(flow("new"));
    const event = {
      SubscriptionId: orphan,
      ImAddress: ANNA,
      eventType: "Hunting",
      callId: "1",
      SessionType: "Inbound",
    };
    const isHeld = (): boolean => own.state().subscriptions.some(({ id }) => id === orphan);
    assert.equal(isHeld(), true);
    assert.equal((await send(`${other.url}/cti/wrong`, event)).status, 401);
    assert.equal(isHeld(), true);
    assert.equal((await send(`${other.url}/cti/former`, event)).status, 401);
    await until("its end", () => !isHeld());
    await ownHolds([ANNA]);
  });

  it("leaves the subscriptions of a living Node-RED alone whose folder was copied", async () => {
    await other.deploy(eventLoopFlow(own, other, [ANNA, BART]));
    await ownHolds([ANNA, BART]);
    const ids = own.state().subscriptions.map((one) => one.id);
    await until("the ids on disk", () => ids.every((id) => stateFile(userDir).includes(id)));
    const copy = makeUserDir();
    cpSync(join(userDir, "contact-center"), join(copy, "contact-center"), { recursive: true });
    const second = await NodeRed.start({ userDir: copy });
    try {
      await second.deploy(eventLoopFlow(own, second, [ANNA], { active: "false", activeType: "bool" }));
      await second.logged("is in use by process");
    } finally {
      await second.stop();
      rmSync(copy, { recursive: true, force: true });
    }
    assert.deepEqual(
      own.state().subscriptions.map((one) => one.id),
      ids,
    );
  });

  it("keeps a damaged file aside, says so, and sends a gap", async () => {
    await other.deploy(eventLoopFlow(own, other, [ANNA]));
    await ownHolds([ANNA]);
    await until("the ids on disk", () => stateFile(userDir).includes(own.state().subscriptions[0]?.id ?? "?"));
    await other.stop("SIGKILL");
    const path = join(userDir, "contact-center", "cti-broker.json");
    writeFileSync(path, "");
    other = await NodeRed.start({ userDir, port });
    await other.logged(`${path}.damaged`);
    await other.logged("Events of 1 agent(s)");
  });

  it("subscribes by itself when the broker comes back, answers at once meanwhile, and heals what it forgot", async () => {
    const flows = [
      ...eventLoopFlow(own, other, [ANNA]),
      button("sub", "subscribe", { action: "subscribe", payload: BART }),
      button("list", "subscribe", { action: "list" }),
    ];
    await other.deploy(flows);
    await other.message("rows");
    const brokerPort = own.port;
    await own.close();
    other.forget();
    await pressInject(other, "sub");
    const [row] = rows(await other.message("rows", () => true, 5000));
    assert.deepEqual([row?.imAddress, row?.subscribed], [BART, false]);
    assert.match(row?.error ?? "", /127\.0\.0\.1/);
    own = await startCtiSimulator({ port: brokerPort });
    await ownHolds([ANNA, BART]);
    // What a message subscribed ends with the node.
    await other.deploy(eventLoopFlow(own, other, [ANNA], { name: "changed" }), "nodes");
    await ownHolds([ANNA]);
  });

  it("waits for a broker that is down at start, and settles when it is there", async () => {
    const brokerPort = own.port;
    await own.close();
    await other.deploy([...eventLoopFlow(own, other, [ANNA]), ...catchProbe("other")]);
    await until("the warning", () => other.log.find((line) => line.includes("Some subscriptions failed")));
    assert.equal(other.messages("rows").length, 0);
    own = await startCtiSimulator({ port: brokerPort });
    assert.deepEqual(
      rows(await other.message("rows", () => true, 20_000)).map((row) => row.subscribed),
      [true],
    );
    assert.equal(other.log.filter((line) => line.includes("Some subscriptions failed")).length, 1);
    await until("the all-clear", () => other.log.find((line) => line.includes("subscriptions work again")));
  });
});
