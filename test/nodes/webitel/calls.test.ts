/** What the nodes that call Webitel have in common, and webitel-create-call and webitel-agents, each alone with its connection. */
import assert from "node:assert/strict";
import type { WebitelSimulator } from "../../../simulators/webitel/simulator.js";
import { cannedWebhook } from "../../support/canned-webhook.js";
import { until } from "../../support/wait.js";
import { ApiNode } from "../../support/webitel/api-node.js";

const UPLOAD = "webitel-dialer-member-upload";
const SECRET = "very-secret-token-4711";

describe("nodes that call Webitel's API", () => {
  const api = new ApiNode(SECRET);
  const { deploy, out, caught, running } = api;
  let simulator: WebitelSimulator;
  before(() => {
    simulator = api.simulator;
  });

  it("refuse a variable that is not set, in the connection and in the node", async () => {
    const refusals: [field: string, settings: object, token: string, url: string][] = [
      ["url", {}, SECRET, "http://127.0.0.1/${NOT_SET}"],
      ["token", {}, "${NOT_SET}", simulator.url],
      ["destination", { destination: "+49${NOT_SET}" }, SECRET, simulator.url],
    ];
    for (const [field, settings, token, url] of refusals) {
      await deploy("webitel-create-call", { destination: "+4930", extension: "1017", ...settings }, token, url);
      const { code, cause } = await caught({ payload: {} });
      assert.deepEqual([code, cause.field], ["EINVALID", field]);
    }
    assert.equal(simulator.seen.length, 0);
  });

  it("say at once that the connection lacks its token, or is none", async () => {
    for (const [settings, token] of [
      [{}, ""],
      [{ connection: "" }, SECRET],
    ] as const)
      for (const type of ["webitel-create-call", "webitel-agents", "webitel-attempt-result", UPLOAD]) {
        await deploy(type, settings, token);
        await until("the badge", () =>
          running().badges.some(({ fill, text }) => fill === "red" && text === "unconfigured"),
        );
      }
    for (const type of ["webitel-create-call", "webitel-agents", "webitel-attempt-result", UPLOAD]) {
      await deploy(type);
      // An empty one takes away what the editor remembers.
      await until("the badge", () => running().badges.some(({ text }) => text === undefined));
      assert.ok(running().badges.every(({ text }) => text !== "unconfigured"));
    }
  });

  it("take the default of a variable that is not set, or set to nothing, and the variable where it is set", async () => {
    const call = { destination: "${CC_TEST_PHONE:-+4930}", destinationType: "str", extension: "${CC_TEST_DESK:-1017}" };
    const sent = async (settings: object): Promise<unknown> => {
      await deploy("webitel-create-call", settings, "${NOT_SET:-" + SECRET + "}", "${NOT_SET:-" + simulator.url + "}");
      await out({ payload: {} });
      return simulator.seen.pop()?.body;
    };
    const preset = { destination: "+4930", from: { extension: "1017" } };
    assert.deepEqual(await sent({ ...call, extensionType: "env" }), preset);
    process.env["CC_TEST_PHONE"] = "";
    assert.deepEqual(await sent({ ...call, extensionType: "str" }), preset);
    Object.assign(process.env, { CC_TEST_PHONE: "+4940", CC_TEST_DESK: "1018" });
    try {
      const set = { destination: "+4940", from: { extension: "1018" } };
      for (const extensionType of ["env", "str"]) assert.deepEqual(await sent({ ...call, extensionType }), set);
    } finally {
      delete process.env["CC_TEST_PHONE"];
      delete process.env["CC_TEST_DESK"];
    }
  });

  for (const [type, payload, answer] of [
    ["webitel-create-call", { destination: "+1", extension: "1017" }, { id: "d59d7a2f" }],
    ["webitel-agents", {}, { items: [] }],
    ["webitel-attempt-result", { attempt: "5", status: "success" }, { status: "success" }],
  ] as const)
    it(`say on the badge why a message failed, until the next one: ${type}`, async () => {
      const site = await cannedWebhook({ status: 403, body: {} });
      await deploy(type, {}, SECRET, site.url);
      await caught({ payload });
      const last = (): object => running().badges.at(-1) ?? {};
      await until("the status on the badge", () => (last() as { text?: string }).text === "403");
      assert.deepEqual(last(), { fill: "red", shape: "ring", text: "403" });
      site.answerWith({ status: 200, body: answer });
      await out({ payload });
      await until("an empty badge", () => Object.keys(last()).length === 0);
      await site.close();
    });

  describe("webitel-create-call", () => {
    it("sends only what is set, settings before the message, values of variables as text", async () => {
      await deploy("webitel-create-call", {
        extension: "1017",
        extensionType: "str",
        destination: "payload.phone",
        destinationType: "msg",
        variables: '{"crm":9001,"vip":true}',
        variablesType: "json",
        disableAutoAnswer: "true",
        hideNumber: "false",
      });
      const message = await out({ payload: { phone: "+380441112233", extension: "9999", timeout: "30" }, kept: 7 });
      assert.match((message["payload"] as { id: string }).id, /^[0-9a-f-]{36}$/);
      assert.equal(message["kept"], 7);
      assert.deepEqual(simulator.seen[0]?.body, {
        destination: "+380441112233",
        from: { extension: "1017" },
        params: { timeout: 30, variables: { crm: "9001", vip: "true" }, disable_auto_answer: true, hide_number: false },
      });
    });

    it("takes the body of Webitel's page as a payload", async () => {
      await deploy("webitel-create-call");
      const body = {
        destination: "380441112233",
        from: { extension: "1017" },
        params: { audio: true, auto_answer: true, record: true, variables: { additionalProp1: "string" } },
      };
      await out({ payload: body });
      assert.deepEqual(simulator.seen[0]?.body, body);
    });

    it("passes on the fields of Webitel's body that it has no setting for", async () => {
      await deploy("webitel-create-call");
      const body = {
        destination: "380441112233",
        from: { extension: "1017", app_id: "node-1" },
        params: { disable_stun: true, video: false, screen: true, contact_id: "42" },
      };
      await out({ payload: body });
      assert.deepEqual(simulator.seen[0]?.body, body);
    });

    const wrong: [object, string][] = [
      [{ extension: "1017" }, "destination"],
      [{ destination: "+1" }, "extension"],
      [{ destination: "somebody", extension: "1017" }, "destination"],
      [{ destination: "+1", userId: "Anna" }, "userId"],
      [{ destination: "+1", extension: "1", timeout: "soon" }, "timeout"],
      [{ destination: "+1", extension: "1", timeout: -5 }, "timeout"],
      [{ destination: "+380441112233, +380441112234", extension: "1" }, "destination"],
      [{ destination: "+380441112233 +380441112234", extension: "1" }, "destination"],
      [{ destination: "0441112233 0441112234", extension: "1" }, "destination"],
      [{ destination: "+380441112233\n0", extension: "1" }, "destination"],
      [{ destination: "+380441112233 ext 5", extension: "1" }, "destination"],
      [{ destination: "3.8E+11", extension: "1" }, "destination"],
      // Webitel would dial what is left of digits and +.
      [{ destination: "+38044***2233", extension: "1" }, "destination"],
      [{ destination: "+38044…2233", extension: "1" }, "destination"],
      [{ destination: "+38044....2233", extension: "1" }, "destination"],
      [{ destination: "380441112233.0", extension: "1" }, "destination"],
      [{ destination: "1112233 1112244", extension: "1" }, "destination"],
      [{ destination: "+380441112233 1112244", extension: "1" }, "destination"],
      [{ destination: "*97", extension: "1" }, "destination"],
      [{ destination: "#31#+380441112233", extension: "1" }, "destination"],
      [{ destination: "+380#44", extension: "1" }, "destination"],
      [{ destination: "+1", extension: "1", record: "maybe" }, "record"],
    ];
    for (const [payload, field] of wrong) {
      it(`refuses ${JSON.stringify(payload)} before anything is sent`, async () => {
        await deploy("webitel-create-call");
        const error = await caught({ payload });
        assert.deepEqual([error.code, error.cause.field, simulator.seen.length], ["EINVALID", field, 0]);
      });
    }

    for (const fault of ["429", "503", "reset"] as const) {
      it(`rings once, whatever ${fault} may mean`, async () => {
        await deploy("webitel-create-call");
        simulator.faults.push(fault, fault === "429" ? "0" : undefined);
        const { code } = await caught({ payload: { destination: "+1", extension: "1017" } });
        assert.deepEqual([code, simulator.seen.length], [fault === "reset" ? "ECONNRESET" : Number(fault), 1]);
      });
    }

    it("says nothing of the token, though the server does", async () => {
      await deploy("webitel-create-call", {}, "another-secret-0815");
      const error = await caught({ payload: { destination: "+1", extension: "1017" } });
      assert.deepEqual([error.code, error.cause.id], [401, "api.context.session_expired.app_error"]);
      assert.match(error.message, /token=\[redacted\]/);
      assert.ok(!(JSON.stringify(running().caught) + running().log).includes("another-secret-0815"));
    });

    it("refuses without a connection, an address or a token", async () => {
      for (const [settings, token, field] of [
        [{ connection: "" }, SECRET, "connection"],
        [{}, "", "token"],
      ] as const) {
        await deploy("webitel-create-call", settings, token);
        assert.equal((await caught({ payload: { destination: "+1", extension: "1" } })).cause.field, field);
      }
    });
  });

  describe("webitel-agents", () => {
    it("lists all pages of the agents that fit, tries again when the server is busy", async () => {
      await deploy("webitel-agents", { filters: '{"size":1,"id":["17","19"],"sort":"-id"}', filtersType: "json" });
      simulator.faults.push("503", "0");
      const { payload } = await out({});
      assert.deepEqual(
        (payload as { id: string }[]).map(({ id }) => id),
        ["19", "17"],
      );
      assert.equal(simulator.seen.length, 3);
    });

    it("lists all pages of agents without their ids", async () => {
      const site = simulator.store.agents;
      const many = Array.from({ length: 130 }, (_, at) => ({ ...site[0], id: String(1000 + at), name: `A${at}` }));
      site.push(...(many as typeof site));
      await deploy("webitel-agents", { filters: '{"size":40,"fields":["name","status"]}', filtersType: "json" });
      const { payload } = await out({});
      site.splice(-many.length);
      assert.deepEqual(
        [(payload as object[]).length, (payload as object[])[5]],
        [133, { name: "A2", status: "online" }],
      );
    });

    it("takes filters from the payload, and refuses those that the server would ignore", async () => {
      await deploy("webitel-agents");
      assert.equal(((await out({ payload: { Extension: "1018" } }))["payload"] as unknown[]).length, 1);
      assert.equal((await caught({ payload: { teamid: 3 } })).cause.field, "teamid");
    });

    it("refuses a filter without a value, which would list everybody", async () => {
      await deploy("webitel-agents");
      for (const filter of [
        { id: [] },
        { team_id: null },
        { skill_id: undefined },
        { User_ID: " " },
        { id: ["", "3"] },
      ])
        assert.equal((await caught({ payload: filter })).cause.field, Object.keys(filter)[0], JSON.stringify(filter));
      assert.equal(simulator.seen.length, 0);
      assert.equal(((await out({ payload: { q: "", sort: null, fields: [] } }))["payload"] as unknown[]).length, 3);
    });

    it("takes filters from a Map and long ids as BigInt, and refuses values that lost digits", async () => {
      await deploy("webitel-agents");
      await out({ payload: new Map([["team_id", 9_007_199_254_740_993n]]) });
      assert.match(simulator.seen[0]?.path ?? "", /[?&]team_id=9007199254740993(?:&|$)/);
      for (const payload of [{ team_id: 2 ** 53 }, { team_id: NaN }])
        assert.equal((await caught({ payload })).cause.field, "team_id");
      assert.equal((await caught({ payload: new Date() })).cause.field, "payload");
      assert.equal(simulator.seen.length, 1);
    });

    it("refuses a payload that is no filter and not blank, and lists everybody without one", async () => {
      await deploy("webitel-agents");
      for (const payload of ["3", true, ["17"]])
        assert.equal((await caught({ payload })).cause.field, "payload", JSON.stringify(payload));
      assert.equal(simulator.seen.length, 0);
      for (const payload of [undefined, null, "", 1_767_225_599_000])
        assert.equal(((await out({ payload }))["payload"] as unknown[]).length, 3);
    });

    for (const [what, settings, payload] of [
      ["the setting", { agentId: "17", agentIdType: "str" }, {}],
      ["payload.id", {}, { id: "17" }],
      ["the payload", {}, 17],
    ] as const) {
      it(`reads one agent by ${what}`, async () => {
        await deploy("webitel-agents", { operation: "get", ...settings });
        assert.equal(((await out({ payload }))["payload"] as { name: string }).name, "Anna Berg");
      });
    }

    it("says 404 for nobody, also where the gateway says 500", async () => {
      await deploy("webitel-agents", { operation: "get" });
      assert.equal((await caught({ payload: "4711" })).code, 404);
    });
  });
});
