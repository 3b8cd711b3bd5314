/** One floor plan: the same role has the same file in each vendor's folders. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { nodeTypes } from "../scripts/assets.js";

const root = resolve(__dirname, "..");

/** The vendors, and which way their interface goes: we call them, or they ask us. */
const VENDORS = {
  rte: "called",
  cti: "called",
  webitel: "called",
  smartrouting: "asks",
  voicenter: "asks",
} as const;

/** What each vendor has; `%` stands for its folder's name. */
const EVERY = [
  "lib/%/tables.ts",
  "lib/%/errors.ts",
  "lib/%/events.ts",
  "lib/%/index.ts",
  "lib/%/locales/en-US.json",
  "nodes/%/%.ts",
  "nodes/%/editor",
  "nodes/%/locales/en-US",
  "simulators/%/simulator.ts",
  "simulators/%/state.ts",
  "examples/%",
  "icons/%.svg",
  "test/lib/%",
  "test/nodes/%",
  "test/simulators/%",
];
/** What the two kinds of vendors have beside it. */
const BY_KIND = {
  called: ["lib/%/client.ts", "nodes/%/connection.ts", "nodes/%/badge.ts", "nodes/%/control.ts"],
  asks: ["lib/%/request.ts", "lib/%/answer.ts"],
};
/** What each node has; `%` stands for its type. */
const OF_NODE = ["%.ts", "%.html", "locales/en-US/%.json", "locales/en-US/%.html"];

const missing = (files: readonly string[]): string[] => files.filter((file) => !existsSync(join(root, file)));

describe("The floor plan", () => {
  for (const [vendor, kind] of Object.entries(VENDORS)) {
    it(`is kept by ${vendor}`, () => {
      const files = [...EVERY, ...BY_KIND[kind]].map((file) => file.replaceAll("%", vendor));
      assert.deepEqual(missing(files), []);
    });
  }

  it("is kept by every node", () => {
    const types = Object.entries(nodeTypes());
    assert.ok(types.length >= 18);
    const files = types.flatMap(([type, vendor]) =>
      OF_NODE.map((file) => join("nodes", vendor, file.replace("%", type))),
    );
    assert.deepEqual(missing(files), []);
  });

  it("has a row for every vendor's folder", () => {
    const shared: Record<string, string[]> = { lib: ["core", "http", "recorder", "webhook"], nodes: ["shared"] };
    for (const [folder, others] of Object.entries(shared)) {
      const found = readdirSync(join(root, folder)).filter((name) => !others.includes(name));
      assert.deepEqual(found.sort(), Object.keys(VENDORS).sort(), folder);
    }
  });

  it("would miss a file that is not there", () => {
    assert.deepEqual(missing(["lib/cti/nothing.ts", "lib/cti/tables.ts"]), ["lib/cti/nothing.ts"]);
  });
});
