import assert from "node:assert/strict";
import type { Node, NodeAPI, NodeStatus } from "node-red";
import { ALL_REASONS } from "../../../lib/rte/retry.js";
import { Badge } from "../../../nodes/rte/badge.js";
import { rte } from "../../../nodes/rte/locales/en-US/rte.json";
import { until } from "../../support/wait.js";

const WORDS: Record<string, string> = rte.badge;

/** Badges that a node with these counts has shown. */
function badge(...counts: ConstructorParameters<typeof Badge>[2][]): { shown: NodeStatus[]; badge: Badge } {
  const shown: NodeStatus[] = [];
  const node = { status: (status: NodeStatus) => shown.push(status) } as unknown as Node;
  const RED = { _: (key: string) => WORDS[key.replace("rte.badge.", "")] ?? key } as unknown as NodeAPI;
  return { shown, badge: new Badge(RED, node, ...counts) };
}

describe("nodes/rte/badge", () => {
  it("says that a node is connected without a subscription", async () => {
    const { shown, badge: one } = badge(() => ({ refused: 0, pending: 0, total: 0, left: 0, odd: 0 }));
    one.show({ word: "connected" });
    await until("a badge", () => shown.length === 1);
    assert.equal(shown[0]?.text, WORDS["none"]);
  });

  it("says that an id is no GUID, once the hub has taken it", async () => {
    const counts = { refused: 0, pending: 1, total: 1, left: 0, odd: 1 };
    const { shown, badge: one } = badge(() => counts);
    one.show({ word: "connected" });
    counts.pending = 0;
    one.update();
    await until("both badges", () => shown.length === 2);
    assert.deepEqual(shown.map(({ fill, text }) => [fill, text]).at(-1), ["yellow", WORDS["guid"]]);
  });

  it("says that an item of the settings was left out, before what is only odd", async () => {
    const { shown, badge: one } = badge(() => ({ refused: 0, pending: 0, total: 1, left: 1, odd: 1 }));
    one.show({ word: "connected" });
    await until("a badge", () => shown.length === 1);
    assert.deepEqual([shown[0]?.fill, shown[0]?.text], ["yellow", WORDS["left"]]);
  });

  for (const reason of ALL_REASONS)
    it(`says ${reason} and the whole time of the next try`, async () => {
      const { shown, badge: one } = badge();
      const retryAtMs = new Date(2030, 0, 1, 15, 47, 49).getTime();
      one.show({ word: "disconnected", reason, error: undefined, retryInMs: 1000, retryAtMs });
      await until("a badge", () => shown.length === 1);
      assert.equal(shown[0]?.text, `${WORDS[reason]} → 15:47:49`);
    });
});
