/** The examples of examples/<vendor>, laid out below each other on one tab per vendor. Pure but for reading the files. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../simulators/package-root.js";
import { SIMULATOR_LABELS, SIMULATOR_NAMES, type SimulatorName } from "../simulators/simulator.js";

/** A node as a flow file has it. */
export interface FlowNode {
  id: string;
  type: string;
  [property: string]: unknown;
}

/** One example file. */
export interface Example {
  vendor: SimulatorName;
  /** File name without `.json`. */
  name: string;
  nodes: readonly FlowNode[];
}

/** Room between two examples, and above the first, in the editor's pixels. */
const GAP = 100;
const TOP = 60;

/** Reads every example that is there, by vendor and number. */
export function readExamples(): Example[] {
  return SIMULATOR_NAMES.flatMap((vendor) => {
    const folder = join(packageRoot(), "examples", vendor);
    const files = existsSync(folder)
      ? readdirSync(folder)
          .filter((file) => file.endsWith(".json"))
          .sort()
      : [];
    return files.map((file) => ({
      vendor,
      name: file.replace(/\.json$/, ""),
      nodes: JSON.parse(readFileSync(join(folder, file), "utf8")) as FlowNode[],
    }));
  });
}

/**
 * Puts examples onto tabs. Ids that occur in two examples are made distinct; config nodes that are alike become one.
 * @returns a flow file
 */
export function layOut(examples: readonly Example[]): FlowNode[] {
  const flow: FlowNode[] = [];
  for (const vendor of SIMULATOR_NAMES) {
    const own = examples.filter((example) => example.vendor === vendor);
    if (own.length === 0) continue;
    const tab = `cc-${vendor}`;
    flow.push({ id: tab, type: "tab", label: SIMULATOR_LABELS[vendor], disabled: false, info: "", env: [] });
    let top = TOP;
    for (const { nodes } of own) {
      const [placed, bottom] = place(withOwnIds(nodes, flow), tab, top);
      flow.push(...placed);
      top = bottom + GAP;
    }
  }
  return flow;
}

function isConfig(node: FlowNode): boolean {
  return node["x"] === undefined;
}

/** Gives a new id to every node whose id is taken, and drops config nodes that the flow already has. */
function withOwnIds(nodes: readonly FlowNode[], flow: readonly FlowNode[]): FlowNode[] {
  const taken = new Set(flow.map(({ id }) => id));
  const newIds = new Map<string, string>();
  const kept = nodes.filter((node) => {
    const twin = isConfig(node) ? flow.find((other) => isConfig(other) && sameButId(other, node)) : undefined;
    if (twin !== undefined) newIds.set(node.id, twin.id);
    else if (taken.has(node.id)) newIds.set(node.id, freeId(node.id, taken));
    return twin === undefined;
  });
  return kept.map((node) => renamed(node, newIds) as FlowNode);
}

function sameButId(one: FlowNode, other: FlowNode): boolean {
  return JSON.stringify({ ...one, id: "" }) === JSON.stringify({ ...other, id: "" });
}

function freeId(id: string, taken: Set<string>): string {
  let count = 2;
  while (taken.has(`${id}-${count}`)) count++;
  taken.add(`${id}-${count}`);
  return `${id}-${count}`;
}

/** An id is referred to by any property, at any depth: wires, links, groups, config nodes. */
function renamed(value: unknown, newIds: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") return newIds.get(value) ?? value;
  if (Array.isArray(value)) return value.map((item) => renamed(item, newIds));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, renamed(item, newIds)]));
}

/** Moves the nodes onto the tab, the highest one to `top`; returns them and the lowest y. */
function place(nodes: readonly FlowNode[], tab: string, top: number): [FlowNode[], number] {
  const heights = nodes.filter((node) => !isConfig(node)).map((node) => Number(node["y"]));
  const shift = top - Math.min(...heights);
  const placed = nodes.map((node) => (isConfig(node) ? node : { ...node, z: tab, y: Number(node["y"]) + shift }));
  return [placed, Math.max(...heights) + shift];
}
