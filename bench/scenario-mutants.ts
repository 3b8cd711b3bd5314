/**
 * `npm run bench:scenario-mutants [count] [seed] [examples]`: do the examples' scenarios notice a fault? Each mutant is an example with one
 * property changed: a rule of a switch, a setting of an answer, a wire, the name of a property in a function, a change node
 * or JSONata. A mutant is caught when one of the example's scenarios fails.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { FlowNode, ScenarioFile } from "../simulators/scenarios/model.js";
import { startRunner } from "../simulators/scenarios/runner.js";
import { findNodeRed, makeUserDir } from "../simulators/scenarios/user-dir.js";

const root = resolve(__dirname, "..");
const [count = 200, seed = 21] = process.argv.slice(2, 4).map(Number);
/** Which examples, as a regular expression. */
const which = new RegExp(process.argv[4] ?? "");

/** An example with one change. */
interface Mutant {
  file: string;
  what: string;
  flows: FlowNode[];
}

/** Settings that say nothing of what a flow does. */
const PASSIVE =
  /^(?:id|type|z|x|y|w|h|d|g|wires|name|info|env|func|rules|networks|proxies|apiKeyHeader|active|tosidebar|console|tostatus|statusVal|statusType|targetType|outputs|timeout|noerr|repeat|crontab|once|onceDelay|scope|libs|swaggerDoc|upload|deadline|auth|connection|broker|props|.*Type)$/;
/** Nodes of which a setting is a target. */
const TARGETS = /-out$|^inject$/;
/** Where a property is read in code or JSONata. */
const NAMES = /(?<=\b(?:msg|payload|call|session|flow|order|customer|parameters|error|smartrouting)\.)([A-Za-z_]\w*)/g;

function changed(value: unknown): unknown {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + 1;
  return /^-?\d+$/.test(String(value)) ? String(Number(value) + 1) : `${String(value)}x`;
}

/** Every mutant of a node: what is changed, and how the node is then. */
function* mutantsOf(node: FlowNode, flows: readonly FlowNode[]): Generator<[what: string, node: FlowNode]> {
  if (["comment", "debug", "tab"].includes(node.type) || node["d"] === true || node["x"] === undefined) return;
  const wires = node["wires"] as string[][];
  for (const [port, targets] of wires.entries())
    for (const [at, target] of targets.entries()) {
      const without = wires.map((each, index) => (index === port ? each.filter((_, other) => other !== at) : each));
      yield [`wire ${port + 1} to ${nameOf(flows, target)} removed`, { ...node, wires: without }];
      if (wires.length > 1) {
        const swapped = wires.with(port, wires[(port + 1) % wires.length] ?? []);
        if (JSON.stringify(swapped) !== JSON.stringify(wires))
          yield [`wire ${port + 1} as ${((port + 1) % wires.length) + 1}`, { ...node, wires: swapped }];
      }
    }
  const rules = node["rules"] as Record<string, unknown>[] | undefined;
  for (const [at, rule] of (rules ?? []).entries())
    for (const name of ["v", "p", "to"]) {
      const value = rule[name];
      if (typeof value !== "string" || value === "") continue;
      const isCode = rule[`${name}t`] === "jsonata" || rule["tot"] === "jsonata";
      const values = isCode && name !== "p" ? renamed(value) : [changed(value) as string];
      for (const other of values)
        yield [`rule ${at + 1} ${name}`, { ...node, rules: (rules ?? []).with(at, { ...rule, [name]: other }) }];
    }
  if (node.type === "switch") yield ["property", { ...node, property: `${String(node["property"])}x` }];
  for (const other of renamed((node["func"] as string | undefined) ?? ""))
    yield ["a name in the code", { ...node, func: other }];
  if (!TARGETS.test(node.type)) return;
  for (const [name, value] of Object.entries(node)) {
    if (PASSIVE.test(name) || value === "" || (Array.isArray(value) && value.length === 0)) continue;
    if (Array.isArray(value)) {
      for (const [at, item] of (value as Record<string, unknown>[]).entries())
        for (const key of Object.keys(item).filter((each) => !each.endsWith("Type") || each === "RecordType"))
          if (key !== "TYPE" && key !== "RecordType")
            yield [
              `${name}[${at}].${key}`,
              { ...node, [name]: value.with(at, { ...item, [key]: changed(item[key]) }) },
            ];
    } else if (name !== "action" && name !== "language" && name !== "recording")
      yield [name, { ...node, [name]: changed(value) }];
  }
}

/** A flow that does not answer is known sooner. */
function hurried(node: FlowNode): FlowNode {
  return node["deadline"] === 4000 ? { ...node, deadline: 1500 } : node;
}

function renamed(code: string): string[] {
  return [...code.matchAll(NAMES)].map(
    ({ index, 0: name }) => `${code.slice(0, index)}${name}X${code.slice(index + name.length)}`,
  );
}

function nameOf(flows: readonly FlowNode[], id: string): string {
  const node = flows.find((each) => each.id === id);
  return `“${node?.name || id}”`;
}

/** The same numbers for the same seed (mulberry32). */
function randomOf(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

async function main(): Promise<void> {
  const files = readdirSync(join(root, "scenarios"), { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".json") && which.test(file),
  );
  const read = (folder: string, file: string): unknown => JSON.parse(readFileSync(join(root, folder, file), "utf8"));
  const all: Mutant[] = files.flatMap((file) => {
    const flows = read("examples", file) as FlowNode[];
    return flows.flatMap((node, at) =>
      [...mutantsOf(node, flows)].map(([what, other]) => ({
        file,
        what: `${nameOf(flows, node.id)} (${node.type}): ${what}`,
        flows: flows.with(at, other),
      })),
    );
  });
  const random = randomOf(seed);
  const picked = all
    .map((mutant) => ({ mutant, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .slice(0, count);
  const places = { flows: root, userDir: "", nodeRed: process.env["NODE_RED_DIR"] ?? "" };
  const userDir = makeUserDir(places);
  const runner = await startRunner(findNodeRed(places), userDir.path);
  const started = performance.now();
  const survivors: Mutant[] = [];
  for (const { mutant } of picked) {
    const { given, scenarios } = read("scenarios", mutant.file) as ScenarioFile;
    let isCaught = false;
    for (const scenario of scenarios) {
      const { faults } = await runner.run(mutant.flows.map(hurried), mutant.file, scenario, {
        ...given,
        ...scenario.given,
      });
      if (faults.length > 0) {
        isCaught = true;
        break;
      }
    }
    if (isCaught) continue;
    survivors.push(mutant);
    console.log(`  not caught: ${mutant.file.replace(/\.json$/, "")}: ${mutant.what}`);
  }
  await runner.close();
  userDir.close();
  console.log(
    `${picked.length} of ${all.length} mutants, seed ${seed}: ${picked.length - survivors.length} caught (${(100 - (100 * survivors.length) / picked.length).toFixed(1)} %), ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
  process.exit();
}

void main();
