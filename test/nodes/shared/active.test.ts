import assert from "node:assert/strict";
import type { Node, NodeAPI, NodeDef } from "node-red";
import { isActive } from "../../../nodes/shared/active.js";
import { asEntered } from "../../../nodes/shared/variables.js";

/** A runtime that evaluates typed settings of the kind `env`, with callback, as Node-RED does. */
function runtime(env: Record<string, string>, entered?: object): NodeAPI {
  const evaluateNodeProperty = (
    value: string,
    type: string,
    _node: unknown,
    _message: unknown,
    done: (error: Error | null, result: unknown) => void,
  ): void => done(null, type === "env" ? (env[value] ?? "") : type === "bool" ? value === "true" : value);
  const getSetting = (_node: unknown, name: string): string | undefined => env[name];
  const eachNode = (take: (config: object) => void): void => take({ id: "a", ...entered });
  return { util: { evaluateNodeProperty, getSetting }, nodes: { eachNode } } as unknown as NodeAPI;
}

const read = (role: string | undefined): Promise<boolean> =>
  isActive(
    runtime(role === undefined ? {} : { ROLE: role }),
    {} as Node,
    { active: "ROLE", activeType: "env" },
    "enreach",
  );

describe("nodes/shared/active", () => {
  for (const word of ["true", "yes", "on", "1", "TRUE", "Yes", " on "]) {
    it(`takes ${JSON.stringify(word)} for yes`, async () => assert.equal(await read(word), true));
  }
  for (const word of ["false", "no", "off", "0", "NO", "False"]) {
    it(`takes ${JSON.stringify(word)} for no`, async () => assert.equal(await read(word), false));
  }
  for (const word of ["standby", "n", "null", "y", "", "2", undefined]) {
    it(`refuses ${JSON.stringify(word)}, so that the node stays inactive`, async () =>
      assert.rejects(read(word), {
        code: "EINVALID",
        cause: { vendor: "enreach", operation: "subscribe", field: "active" },
      }));
  }
  it("takes a blank setting for yes", async () => {
    for (const active of [undefined, "", null]) {
      assert.equal(await isActive(runtime({}), {} as Node, { active }, "enreach"), true);
    }
  });
  it("refuses a text that is nothing but a variable set to nothing, which comes to the node as a blank one", async () => {
    const RED = runtime({ ROLE: "" }, { active: "${ROLE}" });
    const config = asEntered(RED, { id: "a", active: "", activeType: "str" } as unknown as NodeDef) as object;
    await assert.rejects(isActive(RED, { id: "a" } as Node, config, "enreach"), { code: "EINVALID" });
  });
  it("takes a boolean of a flow made by hand", async () => {
    assert.equal(await isActive(runtime({}), {} as Node, { active: false }, "enreach"), false);
  });
});
