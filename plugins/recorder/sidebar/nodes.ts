/** The editor's nodes behind the ids of steps. */
import type { Step } from "../../../lib/recorder/model.js";
import { type EditorNode, editor } from "./red.js";

/** The node of a step; within a subflow its id is behind those of the instances. Undefined when the editor does not have it. */
export function nodeOf({ node }: Pick<Step, "node">): EditorNode | undefined {
  const parts = node.split("-");
  for (let first = 0; first < parts.length; first++) {
    const found = editor.nodes.node(parts.slice(first).join("-"));
    if (found) return found;
  }
  return undefined;
}

/** How a step's node is called on the canvas: its name, or what its type says of it. */
export function labelOf(step: Pick<Step, "node">): string {
  const node = nodeOf(step);
  if (!node) return step.node;
  return editor.utils.getNodeLabel(node, node.type);
}

/** The tab or subflow where a step's node is. */
export function flowLabelOf(step: Pick<Step, "node">): string {
  const z = nodeOf(step)?.z ?? "";
  return editor.nodes.workspace(z)?.label ?? editor.nodes.subflow(z)?.name ?? "";
}
