/** What each Node-RED in this process has one of: an application may embed several. */
import type { NodeAPI } from "node-red";

/**
 * @param make makes it, when a runtime first asks
 * @returns the same one for each node of a runtime
 */
export function perRuntime<T>(make: (RED: NodeAPI) => T): (RED: NodeAPI) => T {
  const made = new WeakMap<object, { value: T }>();
  return (RED) => {
    const known = made.get(RED.events) ?? { value: make(RED) };
    made.set(RED.events, known);
    return known.value;
  };
}
