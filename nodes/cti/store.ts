/**
 * Subscription ids in the context of a node: what outlives a kill, where the context store is a persistent one.
 *
 * Where no context store is configured at all, Node-RED empties a node's context at each deploy: so this process
 * remembers them too, by node id.
 */
import type { Node, NodeAPI } from "node-red";
import type { SubscriptionStore } from "../../lib/cti/subscriptions.js";

const KEY = "subscriptions";
/** Ids by node id, for each runtime in this process. */
const memories = new WeakMap<object, Map<string, readonly string[]>>();

function memoryOf(RED: NodeAPI): Map<string, readonly string[]> {
  const memory = memories.get(RED.events) ?? new Map<string, readonly string[]>();
  memories.set(RED.events, memory);
  return memory;
}

/** The store of one node, in Node-RED's default context store. A store that fails is warned about, and is empty. */
export function contextStore(RED: NodeAPI, node: Node): SubscriptionStore {
  const memory = memoryOf(RED);
  const warn = (error: Error | null | undefined): void => {
    if (error) node.warn(RED._("cti.warnings.store", { detail: error.message }));
  };
  return {
    load: () =>
      new Promise((resolve) => {
        const remembered = memory.get(node.id);
        if (remembered) {
          resolve(remembered);
          return;
        }
        node.context().get(KEY, (error: Error | null, value: unknown) => {
          warn(error);
          resolve(Array.isArray(value) ? value.filter((id): id is string => typeof id === "string") : []);
        });
      }),
    save: (ids) =>
      new Promise((resolve) => {
        if (ids.length === 0) memory.delete(node.id);
        else memory.set(node.id, [...ids]);
        node.context().set(KEY, ids.length === 0 ? undefined : [...ids], (error: Error | null) => {
          warn(error);
          resolve();
        });
      }),
  };
}
