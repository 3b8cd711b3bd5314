/** How scenarios and their faults name nodes. Pure. */

/** A node that has a name, or none. */
export interface NamedNode {
  id: string;
  name?: string;
  /** Within a running subflow: the node's id there. */
  _alias?: unknown;
}

/** Whether a node is meant by a name or id. */
export function isCalled({ id, name, _alias }: NamedNode, by: string): boolean {
  return name === by || id === by || _alias === by;
}

/** What people call a node: its name, or its id. */
export function labelOf({ id, name = "" }: NamedNode): string {
  return name === "" ? id : name;
}

/** How a scenario names a node: by its id where others have the name. */
export function nameOf(node: NamedNode, all: readonly NamedNode[]): string {
  const label = labelOf(node);
  return all.filter((each) => isCalled(each, label)).length === 1 ? label : node.id;
}
