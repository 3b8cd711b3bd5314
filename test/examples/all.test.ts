/** What every example of every vendor has to keep, so that it can be imported anywhere. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type FlowNode, layOut, readExamples } from "../../demo/examples.js";
import { SIMULATOR_NAMES, type SimulatorName } from "../../simulators/simulator.js";
import { SIMULATORS } from "../../simulators/all.js";
import { demoCredentials } from "../support/examples.js";
import { coreForms, FORMER_SETTINGS, packForms } from "../support/forms.js";
import { PACKAGE } from "../support/node-red.js";
import { LEASE_FLOW } from "../support/two-copies.js";

const folder = resolve(__dirname, "../../examples");
const pack = packForms();
const forms = new Map([...coreForms(), ...pack]);
/** What a node has besides its form's defaults. */
const OWN = new Set(["id", "type", "z", "x", "y", "wires", "g", "info", "d", "l"]);

/** The config node that asks for a credential in the examples. */
const CONFIG: Partial<Record<SimulatorName, string>> = { rte: "rte-connection", webitel: "webitel-connection" };

/** What a comment says of an example that calls the Node-RED that it runs in. */
const ELSEWHERE =
  " Where Node-RED has another address than http://127.0.0.1:1880, set CC_NODE_RED_URL to it before you start Node-RED. ";

function isConfig({ type }: FlowNode): boolean {
  return forms.get(type)?.category === "config";
}

describe("examples", () => {
  const examples = [...readExamples(), LEASE_FLOW];

  it("are there, numbered from 01 in each vendor's folder, and named by a sentence", () => {
    assert.ok(examples.length > 0);
    assert.deepEqual(
      readdirSync(folder).filter((name) => !(SIMULATOR_NAMES as readonly string[]).includes(name)),
      [],
    );
    for (const vendor of readdirSync(folder)) {
      const files = readdirSync(join(folder, vendor)).sort();
      files.forEach((file, index) => {
        assert.match(file, /^\d\d - [A-Z].*[^.]\.json$/);
        assert.equal(file.slice(0, 2), String(index + 1).padStart(2, "0"), `${vendor}: ${file}`);
      });
    }
  });

  it("have every node of the pack in one of them, once its vendor has examples", () => {
    const vendors = new Set(examples.map(({ vendor }) => vendor));
    const shown = new Set(examples.flatMap(({ nodes }) => nodes.map(({ type }) => type)));
    const prefixes = [...vendors];
    const missing = [...pack.keys()].filter(
      (type) => prefixes.some((vendor) => type.startsWith(vendor)) && !shown.has(type),
    );
    assert.deepEqual(missing, []);
  });

  for (const { vendor, name, nodes } of examples) {
    describe(`${vendor}/${name}`, () => {
      it("starts with a comment that explains it", () => {
        assert.equal(nodes[0]?.type, "comment");
        assert.ok(String(nodes[0]?.["name"]).length > 10);
        assert.ok(String(nodes[0]?.["info"]).length > 80);
      });

      it("has known nodes only, with every property of their forms and no other", () => {
        for (const node of nodes) {
          const form = forms.get(node.type);
          assert.ok(form, `unknown type ${node.type}`);
          const missing = Object.keys(form.defaults).filter(
            (property) => !(property in node) && !OWN.has(property) && !FORMER_SETTINGS.has(property),
          );
          assert.deepEqual(missing, [], node.type);
          const unknown = Object.keys(node).filter((property) => !(property in form.defaults) && !OWN.has(property));
          assert.deepEqual(unknown, [], node.type);
        }
      });

      it("fills what has to be filled", () => {
        for (const node of nodes) {
          const required = Object.entries(forms.get(node.type)?.defaults ?? {}).filter(
            ([, { required }]) => required === true,
          );
          for (const [property] of required) assert.notEqual(node[property], "", `${node.type}.${property}`);
        }
      });

      it("holds no credential", () => {
        for (const node of nodes) {
          assert.equal("credentials" in node, false, node.type);
          for (const property of Object.keys(forms.get(node.type)?.credentials ?? {}))
            assert.equal(property in node, false, `${node.type}.${property}`);
        }
      });

      it("stands on its own: ids, wires, config nodes", () => {
        const ids = nodes.map(({ id }) => id);
        assert.equal(new Set(ids).size, ids.length);
        for (const node of nodes.filter((each) => !isConfig(each))) {
          assert.equal(typeof node["x"], "number");
          assert.equal(typeof node["y"], "number");
          const wires = node["wires"] as string[][];
          for (const target of wires.flat()) assert.ok(ids.includes(target), `${node.type} is wired to ${target}`);
          const outputs = Number(node["outputs"] ?? forms.get(node.type)?.outputs ?? 0);
          assert.equal(wires.length, outputs, `${node.type} has ${outputs} outputs`);
          for (const [property, { type }] of Object.entries(forms.get(node.type)?.defaults ?? {})) {
            if (type !== undefined && forms.has(type) && node[property] !== "")
              assert.ok(ids.includes(String(node[property])), `${node.type}.${property}`);
          }
        }
      });
    });
  }

  it("end their comments in the same words: how to try them, and what to enter", () => {
    for (const vendor of SIMULATOR_NAMES)
      for (const connects of [true, false]) {
        const connection = CONFIG[vendor] ?? "";
        const endings = examples
          .filter((example) => example.vendor === vendor)
          .filter(({ nodes }) => connects === nodes.some(({ type }) => type === connection))
          .map(({ nodes }) => String(nodes[0]?.["info"]).split("\n\n").at(-1)?.replace(/Dial \d+/, "Dial it") ?? "")
          .map((ending) => `${ending} `.replace(ELSEWHERE, " ").trim());
        if (endings.length === 0) continue;
        assert.equal(new Set(endings).size, 1, endings.join("\n"));
        assert.ok(endings[0]?.startsWith(`To try it: run \`npx -p ${PACKAGE} contact-center-simulator\``), endings[0]);
        for (const secret of Object.values(demoCredentials().get(connection) ?? {}))
          assert.equal(endings[0]?.includes(String(secret)), connects, vendor);
      }
  });

  it("say what to set where Node-RED has another address, if they ask it", () => {
    for (const { vendor, name, nodes } of examples) {
      const asks = JSON.stringify(nodes.slice(1)).includes("CC_NODE_RED_URL");
      assert.equal(`${String(nodes[0]?.["info"])} `.includes(ELSEWHERE), asks, `${vendor}/${name}`);
    }
  });

  it("look for the simulators at their default ports where no variable is set", () => {
    const presets = SIMULATORS.flatMap(({ name, listens }) =>
      listens ? [`\${${listens.env}:-http://127.0.0.1:${listens.port}${name === "webitel" ? "/api" : ""}}`] : [],
    );
    const red = "http://127.0.0.1:1880";
    for (const { vendor, name, nodes } of examples) {
      const text = JSON.stringify(nodes);
      const variables = [...text.matchAll(/\$\{(CC_\w+)[^}]*\}/g)].map(([whole]) => whole);
      for (const each of variables) assert.ok([...presets, `\${CC_NODE_RED_URL:-${red}}`].includes(each), each);
      const known = [`"CC_NODE_RED_URL") || "${red}"`, '"CC_REDIS_URL") || "redis://127.0.0.1:6379"', '"CC_COPY") || os.hostname()'];
      const read = text.replaceAll('\\"', '"').split("env.get(").slice(1);
      for (const each of read) assert.ok(known.some((start) => each.startsWith(start)), `${vendor}/${name}: ${each.slice(0, 60)}`);
    }
  });

  it("do the same task in the same way", () => {
    for (const same of ["What failed, and why", "Say why not", "Three tries", "200?"]) {
      const ways = examples
        .flatMap(({ nodes }) => nodes)
        .filter((node) => node["name"] === same)
        .map(({ type, rules, func, property }) => JSON.stringify({ type, rules, func, property }));
      assert.ok(ways.length > 1, same);
      assert.equal(new Set(ways).size, 1, same);
    }
  });

  it("warn of their pages, and end each request in time", () => {
    for (const { vendor, name, nodes } of examples) {
      const pages = nodes.filter((node) => node.type === "http in" && !String(node["name"]).startsWith("Stand-in"));
      if (pages.length > 0) assert.match(String(nodes[0]?.["info"]), /protect .*httpNodeAuth/, `${vendor}/${name}`);
      if (nodes.some(({ type }) => type === "http request"))
        assert.match(JSON.stringify(nodes), /requestTimeout/, `${vendor}/${name}`);
    }
  });

  it("claim distinct webhooks", () => {
    const served = examples
      .flatMap(({ nodes }) => nodes)
      .filter(({ url }) => typeof url === "string" && url.startsWith("/"));
    const claims = served.map(({ url, method }) => JSON.stringify([url, method]));
    assert.deepEqual(claims, [...new Set(claims)]);
  });

  describe("on one tab per vendor", () => {
    const flow = layOut(examples);

    it("keep distinct ids and whole wires", () => {
      const ids = flow.map(({ id }) => id);
      assert.deepEqual(ids, [...new Set(ids)]);
      for (const node of flow)
        for (const target of ((node["wires"] ?? []) as string[][]).flat()) assert.ok(ids.includes(target));
    });

    it("do not cover each other", () => {
      const places = flow
        .filter(({ x }) => x !== undefined)
        .map(({ z, x, y }) => `${String(z)} ${String(x)} ${String(y)}`);
      assert.deepEqual(places, [...new Set(places)]);
    });

    it("get new ids where two examples share one, and one config node where two are alike", () => {
      const shared: FlowNode[] = [
        { id: "a", type: "comment", x: 1, y: 10, wires: [["b"]] },
        { id: "b", type: "rte-subscribe", x: 1, y: 50, wires: [], connection: "c" },
        { id: "c", type: "rte-connection", url: "u" },
      ];
      const other = shared.map((node) =>
        node.id === "c" ? { ...node, id: "d" } : { ...node, ...(node.id === "b" && { connection: "d" }) },
      );
      const [, ...laid] = layOut([
        { vendor: "rte", name: "01", nodes: shared },
        { vendor: "rte", name: "02", nodes: other },
      ]);
      assert.deepEqual(
        laid.map(({ id, z, y, wires, connection }) => ({ id, z, y, wires, connection })),
        [
          { id: "a", z: "cc-rte", y: 60, wires: [["b"]], connection: undefined },
          { id: "b", z: "cc-rte", y: 100, wires: [], connection: "c" },
          { id: "c", z: undefined, y: undefined, wires: undefined, connection: undefined },
          { id: "a-2", z: "cc-rte", y: 200, wires: [["b-2"]], connection: undefined },
          { id: "b-2", z: "cc-rte", y: 240, wires: [], connection: "c" },
        ],
      );
    });
  });

  it("are plain JSON files of a list", () => {
    for (const { vendor, name } of readExamples())
      assert.ok(Array.isArray(JSON.parse(readFileSync(join(folder, vendor, `${name}.json`), "utf8"))));
  });
});
