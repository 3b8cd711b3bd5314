/** A flow as a test deploys it. */
import assert from "node:assert/strict";
import { prepareFlows, TEST_SECRET } from "../../../simulators/scenarios/prepare.js";

const AROUND = {
  nodeRedUrl: "http://127.0.0.1:1",
  simulators: { rte: "http://127.0.0.1:2", cti: "http://127.0.0.1:3", webitel: "http://127.0.0.1:4/api" },
  environment: { HOURS: "8-16" },
};

describe("simulators/scenarios/prepare", () => {
  it("opens the pack's webhooks to the test alone, and leaves their paths", () => {
    const node = {
      id: "a",
      type: "smartrouting-in",
      z: "t",
      x: 1,
      url: "/x",
      auth: "apikey",
      networks: ["10.0.0.0/8"],
    };
    const [, prepared] = prepareFlows([{ id: "t", type: "tab" }, node], AROUND);
    assert.deepEqual(prepared, {
      ...node,
      auth: "secret",
      networks: [],
      proxies: [],
      credentials: { secret: TEST_SECRET },
    });
  });

  it("keeps buttons from firing by themselves", () => {
    const [, button] = prepareFlows(
      [
        { id: "t", type: "tab" },
        { id: "a", type: "inject", z: "t", x: 1, once: true, repeat: "5" },
      ],
      AROUND,
    );
    assert.deepEqual([button?.["once"], button?.["repeat"], button?.["crontab"]], [false, "", ""]);
  });

  it("leads every vendor's connection to its simulator", () => {
    const types = ["rte-connection", "cti-broker", "webitel-connection"];
    const prepared = prepareFlows(
      types.map((type) => ({ id: type, type, url: "https://real.example", tls: "x" })),
      AROUND,
    );
    assert.ok(
      !JSON.stringify(prepared)
        .replace(/"url":"https:\/\/real.example","tls":"","auth":"enreach"/, "")
        .includes("real.example"),
    );
    assert.equal(prepared[0]?.["discoveryUrl"], "http://127.0.0.1:2/api/user");
    assert.ok(prepared.every((node) => "credentials" in node && node["tls"] === ""));
  });

  it("gives a tab to nodes that were exported without one, and the given values to variables of a tab", () => {
    const [tab, node, config] = prepareFlows(
      [
        { id: "a", type: "debug", x: 1 },
        { id: "c", type: "tls-config" },
      ],
      AROUND,
    );
    assert.equal(tab?.type, "tab");
    assert.equal(node?.["z"], tab?.id);
    assert.equal(config?.["z"], undefined);
    const env = [
      { name: "HOURS", type: "str", value: "0-24" },
      { name: "OTHER", type: "num", value: "1" },
    ];
    assert.deepEqual(prepareFlows([{ id: "t", type: "tab", env }], AROUND)[0]?.["env"], [
      { name: "HOURS", type: "str", value: "8-16" },
      env[1],
    ]);
  });
});
