/** `msg.session`: shared by all Voicenter nodes, since the layers of one call may be served by several of them. */
import type { Node, NodeAPI } from "node-red";
import { CallSessions } from "../../lib/voicenter/sessions.js";
import { onceDeployed } from "../shared/deploys.js";
import { perRuntime } from "../shared/runtime.js";

/** The sessions of a runtime; a deploy leaves them alone, but for one that leaves no node to which calls come. */
export const sessionsOf = perRuntime((RED) => new CallSessions((session) => RED.util.cloneMessage(session)));
const usersOf = perRuntime(() => ({ count: 0 }));

/** Calls come to the node until it closes. */
export function usesSessions(RED: NodeAPI, node: Node): void {
  const users = usersOf(RED);
  users.count++;
  node.on("close", () => {
    users.count--;
    onceDeployed(RED, () => {
      if (users.count === 0) sessionsOf(RED).clear();
    });
  });
}
