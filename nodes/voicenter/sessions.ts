/** `msg.session`: shared by all Voicenter nodes, since the layers of one call may be served by several of them. */
import type { Node, NodeAPI } from "node-red";
import { CallSessions } from "../../lib/voicenter/sessions.js";
import { onceDeployed } from "../shared/deploys.js";

/** The sessions of this process; a deploy leaves them alone, but for one that leaves no node to which calls come. */
export const sessions = new CallSessions();
let users = 0;

/** Calls come to the node until it closes. */
export function usesSessions(RED: NodeAPI, node: Node): void {
  users++;
  node.on("close", () => {
    users--;
    onceDeployed(RED, () => {
      if (users === 0) sessions.clear();
    });
  });
}
