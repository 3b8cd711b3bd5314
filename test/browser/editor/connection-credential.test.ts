/** A connection that lacks a credential is marked, and so is what uses it, whoever imported it and when. In a real Chromium. */
import assert from "node:assert/strict";
import { Editor } from "../../support/editor.js";
import { node, tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";

/** A connection of each type, its user, and the credential that it lacks. */
const CONNECTIONS: { connection: FlowNode; user: FlowNode; credentials: object; label: string }[] = [
  {
    connection: { id: "webitel", type: "webitel-connection", name: "", url: "https://webitel.example/api", tls: "" },
    user: node("agents", "webitel-agents", { connection: "webitel" }),
    credentials: { token: "a" },
    label: "Access token",
  },
  {
    connection: { id: "rte", type: "rte-connection", auth: "enreach", email: "a@b.example", url: "", tls: "" },
    user: node("events", "rte-subscribe", { connection: "rte", subscriptions: [], active: "false" }),
    credentials: { password: "a" },
    label: "Secret key",
  },
  {
    connection: { id: "broker", type: "cti-broker", auth: "bearer", url: "http://127.0.0.1:9", tls: "" },
    user: node("command", "cti-command", { broker: "broker" }),
    credentials: { token: "a" },
    label: "Token",
  },
];

describe("editor: the credential of a connection", function () {
  this.timeout(120_000);

  it("is missed on import and after a reload, also in what uses it, until it is there", async () => {
    const red = await NodeRed.start({ flows: [tab()] });
    const editor = await Editor.open(red);
    try {
      const flow = (isWhole: boolean): FlowNode[] =>
        CONNECTIONS.flatMap(({ connection, user, credentials }) => [
          { ...connection, ...(isWhole && { credentials }) },
          { ...user, x: 100, y: 100 },
        ]);
      const missed = async (): Promise<string[]> => {
        const found = await Promise.all(CONNECTIONS.map(async ({ connection }) => editor.wrong(connection.id)));
        return found.map((errors) => errors.join());
      };
      const isMissed = async (): Promise<boolean> => {
        const errors = await missed();
        return CONNECTIONS.every(({ label }, at) => errors[at]?.includes(`"${label}" is empty`));
      };
      await editor.importFlow(flow(false));
      await until("the missing credentials", isMissed);
      for (const { user } of CONNECTIONS) assert.notDeepEqual(await editor.wrong(user.id), [], user.id);
      await red.deploy([tab(), ...flow(false)]);
      await editor.load();
      await until("the missing credentials after a reload", isMissed);
      const badge = editor.page.locator('[id="agents"] .red-ui-flow-node-status-label', { hasText: "unconfigured" });
      await badge.waitFor();
      await red.deploy([tab(), ...flow(true)]);
      await editor.load();
      await until("nothing missing", async () => (await missed()).join("") === "");
      await editor.page.waitForLoadState("networkidle");
      assert.equal((await missed()).join(""), "");
      // What the runtime remembers of the former node's badge went with it.
      assert.equal(await badge.count(), 0);
    } finally {
      await editor.close();
      await red.stop();
    }
  });

  it("is marked in its own field, and not at the choice of the authentication", async () => {
    const red = await NodeRed.start({ flows: [tab(), ...CONNECTIONS.map(({ connection }) => connection)] });
    const editor = await Editor.open(red);
    const redFields = (): Promise<string[]> =>
      editor.page.locator("#node-config-dialog-edit-form .input-error:visible").evaluateAll((fields) => {
        const plain = getComputedStyle(
          document.querySelector("#node-config-dialog-edit-form input:not(.input-error)")!,
        );
        return fields
          .filter((field) => getComputedStyle(field).borderTopColor !== plain.borderTopColor)
          .map(({ id }) => id.replace("node-config-input-", ""));
      });
    try {
      for (const [id, field] of [
        ["rte", "secretKey"],
        ["webitel", "token"],
        ["broker", "token"],
      ] as const) {
        await editor.edit(id);
        await until(`${id}: the mark`, async () => (await redFields()).includes(field));
        if (id === "rte") assert.deepEqual(await redFields(), ["secretKey"]);
        assert.ok(!(await redFields()).some((each) => each === "auth" || each === "name"), id);
        await editor.page.locator(`#node-config-input-${field}`).pressSequentially("a");
        await until(`${id}: no mark`, async () => !(await redFields()).includes(field));
        await editor.cancel();
      }
    } finally {
      await editor.close();
      await red.stop();
    }
  });
});
