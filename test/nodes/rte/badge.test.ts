import assert from "node:assert/strict";
import type { Node, NodeAPI, NodeStatus } from "node-red";
import { ALL_REASONS } from "../../../lib/rte/retry.js";
import { Badge } from "../../../nodes/rte/badge.js";
import { rte } from "../../../nodes/rte/locales/en-US/rte.json";
import { until } from "../../support/wait.js";

describe("nodes/rte/badge", () => {
  for (const reason of ALL_REASONS)
    it(`says ${reason} and the whole time of the next try`, async () => {
      const shown: NodeStatus[] = [];
      const node = { status: (status: NodeStatus) => shown.push(status) } as unknown as Node;
      const words: Record<string, string> = rte.badge;
      const RED = { _: (key: string) => words[key.replace("rte.badge.", "")] ?? key } as unknown as NodeAPI;
      const retryAtMs = new Date(2030, 0, 1, 15, 47, 49).getTime();
      new Badge(RED, node).show({ word: "disconnected", reason, error: undefined, retryInMs: 1000, retryAtMs });
      await until("a badge", () => shown.length === 1);
      assert.equal(shown[0]?.text, `${words[reason]} → 15:47:49`);
    });
});
