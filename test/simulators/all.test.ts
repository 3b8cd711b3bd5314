/** What the console says of connecting a flow is what the forms ask for. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { SIMULATORS } from "../../simulators/all.js";

const root = resolve(__dirname, "../..");
const CONNECTIONS: Readonly<Record<string, string>> = {
  rte: "rte-connection",
  cti: "cti-broker",
  webitel: "webitel-connection",
};

describe("simulators/all: what a flow needs to connect", () => {
  for (const { name, listens } of SIMULATORS) {
    const type = CONNECTIONS[name];
    it(`${name}: ${type === undefined ? "nothing, as the vendor calls us" : "by the labels of the form"}`, () => {
      assert.equal(listens === undefined, type === undefined);
      if (listens === undefined || type === undefined) return;
      const file = join(root, "nodes", name, "locales/en-US", `${type}.json`);
      const catalogue = JSON.parse(readFileSync(file, "utf8")) as Record<string, { form: Record<string, string> }>;
      const labels = Object.values(catalogue[type]?.form ?? {});
      const fields = listens.connect("http://127.0.0.1:1", "http://127.0.0.1:2");
      assert.ok(fields.length > 1);
      for (const [label, value] of fields) assert.ok(labels.includes(label) && value !== "", `${label}: ${value}`);
    });
  }
});
