/** The boring part of a test flow, written once. */
import type { FlowNode } from "./node-red.js";

/** The tab that the nodes below sit on. */
export const TAB = "tab";

/** A tab. */
export function tab(id = TAB): FlowNode {
  return { id, type: "tab", label: id };
}

/** A node on the tab. */
export function node(id: string, type: string, properties: object = {}, wires: string[][] = []): FlowNode {
  return { id, z: TAB, type, x: 100, y: 100, wires, ...properties };
}

/** A function node that runs this source. */
export function code(id: string, func: string, wires: string[][] = [], outputs = 1): FlowNode {
  return node(id, "function", { func, outputs, timeout: 0, noerr: 0, initialize: "", finalize: "", libs: [] }, wires);
}

/** Reports each message to the test and passes it on. */
export function probe(id: string, wires: string[][] = []): FlowNode {
  return code(id, `global.get("probe")(${JSON.stringify(id)}, msg); return msg;`, wires);
}

/** A catch node for the whole tab and the probe behind it. */
export function catchProbe(id = "caught"): FlowNode[] {
  return [node(`${id}-catch`, "catch", { scope: null, uncaught: false }, [[id]]), probe(id)];
}

/** A status node for some nodes and the probe behind it. */
export function statusProbe(scope: string[], id = "status"): FlowNode[] {
  return [node(`${id}-node`, "status", { scope }, [[id]]), probe(id)];
}

/** An inject node that fires only when its button is pressed: `POST /inject/<id>`. */
export function inject(id: string, message: Record<string, unknown>, wires: string[][]): FlowNode {
  const props = Object.entries(message).map(([p, v]) => ({ p, v: JSON.stringify(v), vt: "json" }));
  return node(id, "inject", { props, repeat: "", crontab: "", once: false, onceDelay: 0.1, topic: "" }, wires);
}
