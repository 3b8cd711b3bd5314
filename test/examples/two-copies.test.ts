/** Two real Node-REDs with the flow of docs/scaling.md, a real redis-server and the simulators: one may die. */
import assert from "node:assert/strict";
import { DEMO_AGENTS } from "../../simulators/cti/simulator.js";
import { RedisServer } from "../support/redis-server.js";
import { again } from "../support/rte.js";
import { type Copy, leaderOf, type Numbered } from "../support/two-copies.js";
import { type TwoCopies, twoCopies } from "../support/two-vendors.js";
import { until } from "../support/wait.js";


/** Nothing is lost that no gap tells of, once all gaps are told, and nothing comes twice. */
async function assertWhole(events: Numbered): Promise<void> {
  const { doubled } = events.account();
  assert.deepEqual(doubled, []);
  await until("a gap that tells what was lost", () => events.account().untold.length === 0).catch((error: unknown) => {
    assert.deepEqual(events.account().untold, [], String(error));
  });
}

/** Waits until Redis knows that the leader has everything. */
function proved(redis: RedisServer): Promise<boolean> {
  const since = Date.now();
  return until(
    "a proof of the leader",
    async () => Number((await redis.ask("GET contact-center:alive")).replace("$", "")) > since,
  );
}

describe("Two copies with a lease in Redis", function () {
  this.timeout(240_000);
  let redis: RedisServer;
  let two: TwoCopies;
  let copies: [Copy, Copy];
  let events: Numbered;
  /** How many connections to the hub have subscriptions. */
  const subscribed = (): number =>
    [...two.rte.hub.connections].filter(({ subscriptions }) => subscriptions.size > 0).length;
  const held = (): number => two.cti.state().subscriptions.length;

  before(async () => {
    redis = await RedisServer.start();
    two = await twoCopies(redis);
    ({ copies, events } = two);
    await Promise.all(copies.map((copy) => copy.start()));
  });
  after(async () => {
    await two.stop();
    await redis.stop();
  });
  afterEach(() => events.stop());

  /** The leader, its follower, and events under way that the leader hands on. */
  async function underEvents(): Promise<[leader: Copy, follower: Copy]> {
    const [leader, follower] = await leaderOf(copies);
    await proved(redis);
    events.begin();
    await events.passedBy(leader);
    return [leader, follower];
  }

  it("have one leader where both start at once", async () => {
    const [leader] = await leaderOf(copies);
    assert.equal(subscribed(), 1);
    events.begin();
    await events.passedBy(leader);
    await events.end();
    assert.deepEqual(events.account(), { sent: events.account().sent, lost: 0, untold: [], doubled: [] });
  });

  it("lose only what a gap tells of where the leader is killed", async () => {
    const [leader, follower] = await underEvents();
    await leader.red.stop("SIGKILL");
    await events.passedBy(follower);
    await until("the new leader's badge", () => follower.leads());
    assert.ok(events.account().lost > 0);
    const { payload, topic } = await follower.red.message("events may be missing");
    assert.equal(topic, "gap");
    const { subscriptions, agents } = payload as { subscriptions: unknown[]; agents: string[] };
    assert.equal(subscriptions.length, 3);
    assert.deepEqual(agents, [...DEMO_AGENTS]);
    await leader.start();
    await until("the killed one to follow", () => leader.follows(follower));
    await until("what it had subscribed to be ended", () => subscribed() === 1 && held() === DEMO_AGENTS.length, 90_000);
    await events.end();
    await assertWhole(events);
  });

  it("have one leader where it was frozen for longer than its lease", async () => {
    const [leader, follower] = await underEvents();
    leader.red.child.kill("SIGSTOP");
    await events.passedBy(follower);
    await until("the new leader's badge", () => follower.leads());
    leader.red.child.kill("SIGCONT");
    await until("the old one to stand by", () => leader.follows(follower) && subscribed() === 1);
    await events.passedBy(follower);
    await events.end();
    await assertWhole(events);
  });

  it("stand by while Redis is gone, and go on once it is back, though it has forgotten", async () => {
    await underEvents();
    await redis.kill();
    await until("nobody to lead", () => copies.every((copy) => copy.badge().text === "no Redis") && subscribed() + held() === 0);
    for (const copy of copies) {
      const { payload } = await copy.red.message("two copies: failed");
      assert.match((payload as { why: string }).why, /^Redis does not answer: /);
    }
    await redis.restart();
    await events.passedBy(...copies);
    await events.end();
    await assertWhole(events);
  });

  it("leave out what the other one handed on, where Redis forgets a lease that holds and two lead", async () => {
    await underEvents();
    await until("two that lead", async () => {
      await redis.ask("DEL mutex:contact-center");
      return subscribed() === 2 && copies.every((copy) => copy.badge().text === `${copy.name} leads`);
    });
    await events.passedBy(...copies);
    await leaderOf(copies);
    await events.end();
    await assertWhole(events);
  });

  for (const type of ["full", "flows", "nodes"] as const)
    it(`tell a gap where a deploy of type ${type} changes the leader's subscribing node`, async () => {
      const [leader] = await underEvents();
      const renamed = leader.flows.map((node) => (node.type === "rte-subscribe" ? { ...node, name: type } : node));
      await leader.red.deploy(again(renamed), type);
      await events.passedBy(...copies);
      await events.end();
      await assertWhole(events);
      await until("one subscriber", () => subscribed() === 1);
    });

  it("hand over at a stop", async () => {
    const [leader, follower] = await underEvents();
    await leader.red.stop();
    await events.passedBy(follower);
    await until("the new leader's badge", () => follower.leads());
    await events.end();
    await assertWhole(events);
  });
});
