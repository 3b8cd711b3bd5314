import assert from "node:assert/strict";
import type { Node, NodeAPI } from "node-red";
import { ContactCenterError, refused } from "../../../lib/core/errors.js";
import type { SubscriptionRow } from "../../../lib/cti/subscriber.js";
import { limited } from "../../../lib/cti/errors.js";
import { subscriptionBadge } from "../../../nodes/cti/badge.js";
import { failure } from "../../support/fake-cti-broker.js";
import { until } from "../../support/wait.js";

const ROW: SubscriptionRow = { imAddress: "sip:anna@contoso.example", subscriptionId: "id", subscribed: true };

describe("nodes/cti/badge", () => {
  const cases: [string, SubscriptionRow[], number, string][] = [
    ["all are subscribed", [ROW, ROW], 0, "green dot 2 / 2"],
    ["one waits for its check", [ROW, { ...ROW, subscribed: false }], 0, "yellow ring 1 / 2"],
    ["renewals are postponed", [ROW, { ...ROW, error: failure(500) }], 2, "yellow dot 2 / 2, 2 late"],
    ["postponed renewals are many", Array<SubscriptionRow>(2000).fill(ROW), 1234, "yellow dot 1234 late"],
    ["one was refused", [ROW, { ...ROW, subscribed: false, error: failure(500) }], 1, "red ring 1 / 2 500"],
    [
      "the broker is away",
      Array<SubscriptionRow>(2000).fill({
        ...ROW,
        subscribed: false,
        error: new ContactCenterError("ECONNREFUSED", "x", { vendor: "anywhere365", operation: "subscribe" }),
      }),
      0,
      "red ring ECONNREFUSED",
    ],
    [
      "requests wait for the limit",
      [ROW, { ...ROW, subscribed: false, error: limited(new Date(2026, 0, 2, 3, 4, 5).getTime()) }],
      0,
      "yellow ring until 03:04:05",
    ],
    ["there are none", [], 0, "grey ring none"],
  ];
  for (const [what, rows, postponed, expected] of cases)
    it(`says so when ${what}`, async () => {
      const shown: string[] = [];
      const node = {
        status: ({ fill, shape, text }: Record<string, string>) => shown.push(`${fill} ${shape} ${text}`),
        warn: () => undefined,
      } as unknown as Node;
      const RED = {
        _: (key: string, values: { time?: string } = {}) => `${key.split(".").at(-1)} ${values.time ?? ""}`.trim(),
      } as unknown as NodeAPI;
      subscriptionBadge(RED, node, { list: () => rows, postponed: () => postponed })();
      await until("the badge", () => shown.length > 0);
      assert.deepEqual(shown, [expected]);
    });

  it("writes a wrong entry into the log once, as one that is not tried again, and what is tried beside it", async () => {
    const logged: string[] = [];
    const log = (key: string): void => void logged.push(key);
    const node = { status: () => undefined, warn: log, log } as unknown as Node;
    const RED = { _: (key: string) => key.split(".").at(-1) } as unknown as NodeAPI;
    const wrong = { ...ROW, subscribed: false, error: refused("x", { vendor: "anywhere365", operation: "subscribe" }) };
    const failed = { ...ROW, subscribed: false, error: failure(500) };
    let rows: SubscriptionRow[] = [];
    const changed = subscriptionBadge(RED, node, { list: () => rows, postponed: () => 0 });
    for (const next of [[ROW, wrong], [ROW, wrong], [failed, wrong], [failed, wrong], [ROW, wrong], [ROW]]) {
      rows = next;
      changed();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(logged, ["wrong", "failing", "healed"]);
  });
});
