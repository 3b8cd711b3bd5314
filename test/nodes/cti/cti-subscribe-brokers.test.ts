/** `cti-subscribe` nodes that a deploy moves to another `cti-broker` node. */
import assert from "node:assert/strict";
import type { Gap } from "../../../lib/cti/gaps.js";
import { type CtiSimulator, startCtiSimulator } from "../../../simulators/cti/simulator.js";
import { ANNA, BART, eventLoopFlow, held, withSettings } from "../../support/cti.js";
import { SubscribeTest } from "../../support/cti-subscribe.js";
import { probe, tab } from "../../support/flow.js";
import type { DeployType, FlowNode } from "../../support/node-red.js";
import { until } from "../../support/wait.js";

describe("nodes/cti/cti-subscribe-brokers", function () {
  this.timeout(120_000);
  const test = new SubscribeTest();
  const { holds, settle } = test;
  let other: CtiSimulator;
  // When requests for subscriptions came in, Unix milliseconds.
  const requested: Record<string, number[]> = {};

  const watch = ({ requests }: CtiSimulator): void => {
    requests.push = (...items) => {
      for (const { operation } of items) (requested[operation] ??= []).push(Date.now());
      return Array.prototype.push.apply(requests, items);
    };
  };
  const gaps = (): Gap[] => test.red.messages("gap").map(({ payload }) => payload as Gap);
  const flow = (): FlowNode[] => [
    ...withSettings(eventLoopFlow(test.simulator, test.red, [ANNA, BART]), "subscribe", { wires: [["rows"], ["gap"]] }),
    probe("gap"),
  ];
  /** The flow with another broker node instead of the one that it has. */
  const moved = (flows: FlowNode[], id: string, more: object = {}): FlowNode[] => {
    const of = flows.find(({ type }) => type === "cti-broker")?.id;
    return flows.map((one) =>
      Object.assign({}, one, one.id === of && { id, ...more }, one["broker"] === of && { broker: id }),
    );
  };
  /** Deploys, and waits until the agents are subscribed anew. @returns the notices */
  const deployed = async (flows: FlowNode[], type: DeployType, ended = 2): Promise<Gap[]> => {
    test.red.forget();
    for (const operation of Object.keys(requested)) delete requested[operation];
    await test.red.deploy(flows, type);
    await test.red.message("rows");
    await test.red.message("gap");
    await until("the end of the former ones", () => (requested["unsubscribe"]?.length ?? 0) === ended);
    return gaps();
  };

  before(async () => {
    other = await startCtiSimulator();
    for (const one of [test.simulator, other]) watch(one);
  });
  beforeEach(async () => {
    await test.red.deploy([tab()]);
    await until("no subscription", () => held(other).length === 0);
    await holds([]);
  });
  after(() => other.close());

  for (const type of ["nodes", "full"] as DeployType[])
    it(`tells one gap of the time between both subscriptions, by a deploy of type ${type}`, async () => {
      let flows = flow();
      await settle(flows);
      for (const [name, more] of [
        ["second", {}],
        ["third", {}],
        ["fourth", { url: other.url }],
      ] as const) {
        flows = moved(flows, `${name}-${type}`, more);
        const [gap, ...others] = await deployed(flows, type);
        assert.deepEqual(others, [], name);
        assert.deepEqual(gap?.agents.toSorted(), [ANNA, BART], name);
        const [from, to] = [Date.parse(gap?.from ?? ""), Date.parse(gap?.to ?? "")];
        const [ended = [], made = []] = [requested["unsubscribe"], requested["subscribe"]];
        assert.ok(from <= Math.min(...ended), JSON.stringify({ name, from, ended }));
        assert.ok(to >= Math.max(...made), JSON.stringify({ name, to, made }));
      }
      await holds([]);
      assert.deepEqual(held(other), [ANNA, BART]);
      test.red.forget();
      await test.red.deploy(withSettings(flows, "subscribe", { name: "again" }), type);
      await test.red.message("rows");
      assert.deepEqual(gaps(), []);
    });

  it("tells it, too, where the node had no broker meanwhile", async () => {
    const flows = flow();
    await settle(flows);
    const closedBefore = Date.now();
    await test.red.deploy(
      flows.filter(({ id }) => id !== "broker"),
      "nodes",
    );
    await holds([]);
    const [gap] = await deployed(moved(flows, "fifth"), "nodes", 0);
    assert.ok(gap && Date.parse(gap.from) >= closedBefore, JSON.stringify(gap));
    assert.ok(Date.parse(gap.from) <= (requested["subscribe"]?.[0] ?? 0), JSON.stringify(gap));
    assert.deepEqual(gap.agents.toSorted(), [ANNA, BART]);
  });
});
