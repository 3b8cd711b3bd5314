/** Which nodes a message can come to. */

/** A node as a flow file has it. */
export interface FlowNode {
  id: string;
  type: string;
  /** The tab, or the subflow. */
  z?: string;
  wires?: string[][];
  /** Of link nodes. */
  links?: string[];
  linkType?: string;
}

/**
 * Says whether what a node sends can come to one of certain nodes, by wires and links.
 * @param flow the nodes that run
 * @param from the id of the node that sends
 * @param isSought of a node
 * @returns true also where it cannot be known: in a subflow, and behind a link call to a name
 */
export function reaches(flow: readonly FlowNode[], from: string, isSought: (node: FlowNode) => boolean): boolean {
  const byId = new Map(flow.map((node) => [node.id, node]));
  // A node within a subflow has another id in each instance.
  if (!byId.has(from)) return true;
  const seen = new Set([from]);
  for (const id of seen) {
    const node = byId.get(id);
    if (!node) continue;
    if ((id !== from && isSought(node)) || node.linkType === "dynamic") return true;
    for (const next of [...(node.wires ?? []).flat(), ...(node.links ?? [])]) seen.add(next);
  }
  return false;
}
