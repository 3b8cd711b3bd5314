/** The input of a node that makes one call of Webitel's API for each message. */
import type { Node, NodeAPI } from "node-red";
import type { ContactCenterError } from "../../lib/core/errors.js";
import { showConnection } from "./connection.js";
import { type Message, onInput, type Send } from "../shared/input.js";
import { clearStatus, failureWord, setStatus } from "../shared/status.js";

/**
 * Wires a node's input as {@link onInput} does. The badge says that a call is under way, and why one failed until the next one.
 * @param connection id of the node's connection
 * @param handle makes the call and sends the answer on
 */
export function onCallInput(
  RED: NodeAPI,
  node: Node,
  connection: string | undefined,
  handle: (message: Message, send: Send) => Promise<void>,
): void {
  let isClosed = false;
  node.on("close", (done: () => void) => {
    isClosed = true;
    done();
  });
  showConnection(RED, node, connection);
  onInput(RED, node, async (message, send) => {
    setStatus(node, "working");
    try {
      await handle(message, send);
      if (!isClosed) clearStatus(node);
    } catch (error) {
      // A deploy may have made the node again, with a badge of its own.
      if (!isClosed) setStatus(node, "error", failureWord(RED, error as Partial<ContactCenterError>));
      throw error;
    }
  });
}
