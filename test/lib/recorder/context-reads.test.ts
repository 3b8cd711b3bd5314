/** What nodes read of contexts. */
import assert from "node:assert/strict";
import { contextReads, readsNow } from "../../../lib/recorder/context-reads.js";
import type { ConfiguredNode } from "../../../lib/recorder/kept-run.js";

const node = (type: string, settings: object): ConfiguredNode => ({ id: "n", type, ...settings });
const rules = (...all: object[]): ConfiguredNode => node("change", { rules: all });
const read = (...nodes: ConfiguredNode[]): string[] =>
  contextReads(nodes).map(({ scope, key, store }) => [scope, key, ...(store === undefined ? [] : [store])].join(" "));

const READS: [what: string, node: ConfiguredNode, keys: string[]][] = [
  [
    "a switch by its property",
    node("switch", { property: "closed", propertyType: "flow", rules: [] }),
    ["flow closed"],
  ],
  [
    "a switch by its rules",
    node("switch", {
      property: "payload",
      propertyType: "msg",
      rules: [{ t: "btwn", v: "a", vt: "global", v2: "b.c", v2t: "flow" }],
    }),
    ["global a", "flow b.c"],
  ],
  ["a change", rules({ t: "set", p: "payload", pt: "msg", to: "agent", tot: "global" }), ["global agent"]],
  [
    "a setting of ours",
    node("smartrouting-out", { initialTarget: "queue", initialTargetType: "flow" }),
    ["flow queue"],
  ],
  [
    "a list of ours",
    node("voicenter-layer-out", { targets: [{ TYPE: "PHONE", TARGET: "mobile", TARGETType: "global" }] }),
    ["global mobile"],
  ],
  ["a named store", node("switch", { property: "#:(file)::a.b", propertyType: "flow" }), ["flow a.b file"]],
  [
    "an element that the message names",
    node("switch", { property: "list[msg.topic].x", propertyType: "flow" }),
    ["flow list"],
  ],
  [
    "a function with names written out",
    node("function", {
      func: 'const a = flow.get("a.b"); global.get( \'c\', "file"); flow.get(`d${1}`); flow.get(name)',
    }),
    ["flow a.b", "global c file"],
  ],
  [
    "an expression",
    rules({
      t: "set",
      p: "payload",
      pt: "msg",
      to: '$flowContext("a") & $globalContext(\'b\', "file")',
      tot: "jsonata",
    }),
    ["flow a", "global b file"],
  ],
  [
    "a template",
    node("template", { template: "{{flow.a}} {{{ global[file].b.c }}} {{payload}}" }),
    ["flow a", "global b.c file"],
  ],
  [
    "a text that is no setting of a context",
    node("switch", { name: "flow", property: "flow", propertyType: "msg" }),
    [],
  ],
  ["a blank setting", node("switch", { property: "", propertyType: "flow" }), []],
  ["what people say about it", node("function", { info: 'flow.get("a")', func: "return msg;" }), []],
];

describe("What nodes read of contexts", () => {
  for (const [what, reader, keys] of READS) it(what, () => assert.deepEqual(read(reader), keys));

  it("names each value once", () => {
    const same = node("switch", { property: "a", propertyType: "flow" });
    assert.deepEqual(read(same, same), ["flow a"]);
  });

  it("leaves out what one of the nodes writes, whole or in part", () => {
    const reader = node("switch", { property: "a.b", propertyType: "flow" });
    for (const writer of [
      rules({ t: "set", p: "a", pt: "flow", to: "1", tot: "num" }),
      rules({ t: "change", p: "a.b", pt: "flow", from: "1", fromt: "str", to: "2", tot: "str" }),
      rules({ t: "move", p: "payload", pt: "msg", to: "a.b.c", tot: "flow" }),
      rules({ t: "delete", p: "a", pt: "flow" }),
      node("function", { func: 'flow.set("a.b", 1)' }),
    ])
      assert.deepEqual(read(reader, writer), [], JSON.stringify(writer));
    assert.deepEqual(read(reader, rules({ t: "set", p: "a", pt: "global" }, { t: "delete", p: "ab", pt: "flow" })), [
      "flow a.b",
    ]);
  });

  it("knows who asks msg.now", () => {
    assert.ok(readsNow(node("function", { func: "const now = msg.now ?? Date.now()" })));
    assert.ok(readsNow(node("switch", { property: "now", propertyType: "msg" })));
    assert.ok(readsNow(rules({ t: "set", p: "payload", pt: "msg", to: "now", tot: "msg" })));
    assert.ok(!readsNow(node("function", { func: "msg.nowhere", name: "msg.now" })));
    assert.ok(!readsNow(node("switch", { property: "now", propertyType: "flow" })));
  });
});
