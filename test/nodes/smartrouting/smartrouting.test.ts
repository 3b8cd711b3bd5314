/** The SmartRouting pair on a real Node-RED: the guide's samples, and where each part of an answer comes from. */
import assert from "node:assert/strict";
import { REQUEST, REQUEST_WITH_EXTRA_DATA, RESPONSES } from "../../fixtures/smartrouting.js";
import { catchProbe, code, node, probe, tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { type Reply, send } from "../../support/webhook.js";

describe("smartrouting-in and smartrouting-out", () => {
  let red: NodeRed;
  /** Deploys the pair with these settings of the out node, and a flow that may change the message. */
  const deploy = (settings: object = {}, change = ""): Promise<void> =>
    red.deploy([
      tab(),
      node("in", "smartrouting-in", { url: "/route", auth: "none", deadline: 2000 }, [["seen"], []]),
      probe("seen", [["change"]]),
      code("change", `${change}; return msg;`, [["out"]]),
      node("out", "smartrouting-out", settings),
      ...catchProbe(),
    ]);
  const call = (body: unknown = REQUEST): Promise<Reply> => send(`${red.url}/route`, body);
  const caught = async (): Promise<{ code: string; message: string; cause: { field: string; vendor: string } }> =>
    (await red.message("caught"))["error"] as never;

  before(async () => {
    red = await NodeRed.start({ env: { VIP_QUEUE: "+358942000999", NOTHING: "" } });
  });
  after(() => red?.stop());
  beforeEach(() => red.forget());

  it("takes the guide's request apart", async () => {
    await deploy();
    await call(REQUEST_WITH_EXTRA_DATA);
    const message = await red.message("seen");
    assert.deepEqual(message["payload"], REQUEST_WITH_EXTRA_DATA);
    assert.equal(message["topic"], "SALES_QUEUE");
    assert.deepEqual((message["smartrouting"] as { parameters: object }).parameters, {
      Culture: "en-GB",
      Something: "SOMETHING",
    });
    assert.equal((message["call"] as { state: string }).state, "incoming");
    assert.equal((message["event"] as { vendor: string }).vendor, "enreach");
    assert.match((message["_webhook"] as { id: string }).id, /^[\w-]{8,}$/);
  });

  it("leaves the topic out when there is no target id", async () => {
    await deploy();
    await call({ anum: "+1" });
    assert.ok(!("topic" in (await red.message("seen"))));
  });

  it("answers 204 without a body when the payload is still the request", async () => {
    await deploy();
    const reply = await call(REQUEST_WITH_EXTRA_DATA);
    assert.deepEqual([reply.status, reply.text, reply.headers.get("content-type")], [204, "", null]);
  });

  for (const [title, body] of Object.entries(RESPONSES)) {
    it(`answers as in the guide's "${title}"`, async () => {
      await deploy({}, `msg.payload = ${JSON.stringify(body)}`);
      const reply = await call();
      assert.deepEqual([reply.status, reply.headers.get("content-type"), reply.json], [200, "application/json", body]);
    });
  }

  it("reads the payload in any case, by the vendor's names and the settings' own, and never echoes the request", async () => {
    await deploy(
      {},
      `Object.assign(msg.payload, { initialtarget: "1", REQUIREDTARGET: "a@b.example", allocationTargets: "2,3", extrapriority: "5" })`,
    );
    assert.deepEqual((await call(REQUEST_WITH_EXTRA_DATA)).json, {
      InitialTarget: "1",
      RequiredTarget: "a@b.example",
      AllocationTargets: ["2", "3"],
      ExtraPriority: 5,
    });
  });

  it("lets a setting win over the payload, of every type", async () => {
    const settings = {
      initialTarget: "${VIP_QUEUE}",
      initialTargetType: "str",
      failTarget: "overflow",
      failTargetType: "flow",
      requiredTarget: "agent.email",
      requiredTargetType: "msg",
      allocationTargets: '["7","8"]',
      allocationTargetsType: "json",
      priority: "9000",
      priorityType: "num",
      extraPriority: "5 * 100",
      extraPriorityType: "jsonata",
      customTTS: "VIP_QUEUE",
      customTTSType: "env",
    };
    await deploy(
      settings,
      `flow.set("overflow", "+358942000200"); msg.agent = { email: "a@b.example" }; msg.payload = { InitialTarget: "no", Priority: 1, CustomMSI: "msi" }`,
    );
    assert.deepEqual((await call()).json, {
      InitialTarget: "+358942000999",
      FailTarget: "+358942000200",
      RequiredTarget: "a@b.example",
      AllocationTargets: ["7", "8"],
      Priority: 9000,
      ExtraPriority: 500,
      CustomTTS: "+358942000999",
      CustomMSI: "msi",
    });
  });

  it("takes a blank setting of any type for blank", async () => {
    await deploy({
      priority: "",
      priorityType: "num",
      allocationTargets: "",
      allocationTargetsType: "json",
      initialTarget: "",
      initialTargetType: "jsonata",
    });
    assert.equal((await call()).status, 204);
  });

  it("does not read environment variables from a message", async () => {
    await deploy({}, 'msg.payload = { CustomTTS: "${VIP_QUEUE}" }');
    assert.deepEqual((await call()).json, { CustomTTS: "${VIP_QUEUE}" });
  });

  it("answers 204 where a setting names a variable that is not set, and names both", async () => {
    for (const [settings, field] of [
      [{ initialTarget: "+3589${NOT_SET}" }, "initialTarget"],
      [{ initialTarget: "${NOT_SET}" }, "initialTarget"],
      [{ initialTarget: "NOT_SET", initialTargetType: "env" }, "initialTarget"],
      [{ initialTarget: "+${NOT_SET}", initialTargetType: "env" }, "initialTarget"],
      [{ requiredTarget: "${NOT_SET}@contoso.example" }, "requiredTarget"],
      [{ allocationTargets: ["7", "8${NOT_SET}"] }, "allocationTargets"],
      [{ priority: "${NOT_SET}", priorityType: "num" }, "priority"],
      [{ initialTarget: "${NOTHING}" }, "initialTarget"],
      [{ initialTarget: "NOTHING", initialTargetType: "env" }, "initialTarget"],
      [{ initialTarget: "${NOTHING}${NOTHING}" }, "initialTarget"],
      [{ initialTarget: "+3589${NOT_SET" }, "initialTarget"],
      [{ initialTarget: "${}" }, "initialTarget"],
      [{ customTTS: "hello ${NOT_SET}" }, "customTTS"],
    ] as const) {
      red.forget();
      await deploy(
        { failTarget: "+1", ...settings },
        field === "initialTarget" ? 'msg.payload = { InitialTarget: "+66" }' : "",
      );
      assert.equal((await call()).status, 204, field);
      const { code: errorCode, message, cause } = await caught();
      assert.deepEqual([errorCode, cause.field], ["EINVALID", field]);
      assert.match(message, /(?:NOT_SET|NOTHING) is not set|"\$\{" is without its name/);
    }
  });

  it("takes a variable that is set to nothing for a part of a value", async () => {
    await deploy({ initialTarget: "+1${NOTHING}" });
    assert.deepEqual((await call()).json, { InitialTarget: "+1" });
  });

  it("keeps the target where the agents are below nothing", async () => {
    await deploy({ initialTarget: "+1", allocationTargets: "crm.agents", allocationTargetsType: "msg" });
    assert.deepEqual((await call()).json, { InitialTarget: "+1" });
  });

  it("leaves out what a call with its target can do without, where it cannot be evaluated, with a warning", async () => {
    for (const [name, settings] of [
      ["allocationTargets", { allocationTargets: "$uppercase(5)", allocationTargetsType: "jsonata" }],
      ["customTTS", { customTTS: "Pay $5 ${" }],
      ["customTTS", { customTTS: "NOTHING", customTTSType: "env" }],
      ["customMSI", { customMSI: "$uppercase(5)", customMSIType: "jsonata" }],
      ["priority", { priority: "${NOT_SET}", priorityType: "num" }],
    ] as const) {
      for (const target of [{ initialTarget: "+1" }, { requiredTarget: "a@b.example" }, { disconnect: true }]) {
        const { initialTarget, requiredTarget } = target as { initialTarget?: string; requiredTarget?: string };
        await deploy({ ...target, ...settings });
        assert.deepEqual((await call()).json, {
          ...(requiredTarget ? { RequiredTarget: requiredTarget } : { InitialTarget: initialTarget ?? "DISCONNECT:" }),
        });
      }
      await until("the warning", () => red.log.some((line) => line.includes("[warn]") && line.includes(`"${name}"`)));
    }
  });

  for (const payload of ["'+358942000200'", "true", "7", "[{ InitialTarget: '5' }]", "Buffer.from('{}')"]) {
    it(`refuses msg.payload = ${payload}, unless the node has settings of its own`, async () => {
      await deploy({}, `msg.payload = ${payload}`);
      assert.equal((await call()).status, 204);
      const { code: errorCode, cause } = await caught();
      assert.deepEqual([errorCode, cause.field], ["EINVALID", "payload"]);
      await deploy({ initialTarget: "+1" }, `msg.payload = ${payload}`);
      assert.deepEqual((await call()).json, { InitialTarget: "+1" });
      await deploy({ disconnect: true }, `msg.payload = ${payload}`);
      assert.deepEqual((await call()).json, { InitialTarget: "DISCONNECT:" });
    });
  }

  it("takes a payload without anything in it for nothing set", async () => {
    for (const payload of ["undefined", "null", '""']) {
      await deploy({}, `msg.payload = ${payload}`);
      assert.equal((await call()).status, 204);
    }
    assert.deepEqual(red.messages("caught"), []);
  });

  it("ends the call with disconnect, in the node or in the message", async () => {
    await deploy({ disconnect: true, customTTS: "closed" }, 'msg.payload = { InitialTarget: "+1" }');
    assert.deepEqual((await call()).json, { InitialTarget: "DISCONNECT:", CustomTTS: "closed" });
    await deploy({}, "msg.payload = { disconnect: true }");
    assert.deepEqual((await call()).json, { InitialTarget: "DISCONNECT:" });
    await deploy({}, "msg.payload = { disconnect: false }");
    assert.equal((await call()).status, 204);
  });

  it("ends the call with the vendor's word in any spelling, in the node and in the message", async () => {
    await deploy({}, 'msg.payload = { InitialTarget: "DISCONNECT" }');
    assert.deepEqual((await call()).json, { InitialTarget: "DISCONNECT:" });
    await deploy({ initialTarget: "disconnect:", initialTargetType: "str" });
    assert.deepEqual((await call()).json, { InitialTarget: "DISCONNECT:" });
  });

  it("routes though a value is blank or both priorities are set, and warns once of each", async () => {
    await deploy({}, 'msg.payload = { InitialTarget: "+1", RequiredTarget: " ", Priority: 1, ExtraPriority: 2 }');
    const before = red.log.length;
    for (let calls = 0; calls < 3; calls++)
      assert.deepEqual((await call()).json, { InitialTarget: "+1", Priority: 1, ExtraPriority: 2 });
    const warnings = red.log.slice(before).filter((line) => line.includes("[warn]"));
    assert.equal(warnings.length, 2, warnings.join("\n"));
    assert.match(warnings[0] as string, /RequiredTarget has nothing but blanks\. It is left out of the answer\./);
    assert.match(warnings[1] as string, /Priority and ExtraPriority are both set/);
  });

  it("leaves unknown keys out with one warning", async () => {
    await deploy({}, "Object.assign(msg.payload, { Priority: 1, Mood: 'good', Weather: 'fine' })");
    const before = red.log.length;
    assert.deepEqual((await call()).json, { Priority: 1 });
    const warnings = red.log.slice(before).filter((line) => line.includes("[warn]"));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] as string, /Mood, Weather/);
  });

  const wrong: [string, object, string][] = [
    ["Priority", {}, "msg.payload = { Priority: 10001 }"],
    ["disconnect", {}, 'msg.payload = { disconnect: "true" }'],
    ["AllocationTargets", {}, "msg.payload = { AllocationTargets: { a: 1 } }"],
    ["priority", { priority: "$nonsense(", priorityType: "jsonata" }, ""],
    ["Priority", { priority: "1e999", priorityType: "num" }, ""],
    ["InitialTarget", { initialTarget: "crm", initialTargetType: "msg" }, "msg.crm = {}; msg.crm.self = msg.crm"],
  ];
  for (const [field, settings, change] of wrong) {
    it(`gives 204 and an error that names ${field} for ${JSON.stringify(settings)} ${change}`, async () => {
      await deploy(settings, change);
      assert.equal((await call()).status, 204);
      const error = await caught();
      assert.deepEqual([error.code, error.cause.vendor, error.cause.field], ["EINVALID", "enreach", field]);
      assert.ok(error.message.includes(field) && !error.message.includes("errors."), error.message);
    });
  }

  it("finds its call through split, join, link and a message that was sent twice", async () => {
    await red.deploy([
      tab(),
      node("in", "smartrouting-in", { url: "/route", auth: "none", deadline: 2000 }, [["list"], []]),
      code("list", "msg.payload = ['7', '8']; return msg;", [["split"]]),
      node(
        "split",
        "split",
        { splt: "\\n", spltType: "str", arraySplt: 1, arraySpltType: "len", stream: false, addname: "" },
        [["join"]],
      ),
      node(
        "join",
        "join",
        { mode: "auto", build: "object", property: "payload", propertyType: "msg", joiner: "\\n", joinerType: "str" },
        [["link-out"]],
      ),
      node("link-out", "link out", { mode: "link", links: ["link-in"] }),
      node("link-in", "link in", { links: ["link-out"] }, [["pick"]]),
      code("pick", "msg.payload = { AllocationTargets: msg.payload }; return msg;", [["out"]]),
      node("out", "smartrouting-out"),
    ]);
    assert.deepEqual((await call()).json, { AllocationTargets: ["7", "8"] });
  });
});
