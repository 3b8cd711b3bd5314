/** The one way a message enters a node: `done` is called exactly once, and a failure speaks the integrator's language. */
import type { Node, NodeAPI, NodeMessageInFlow } from "node-red";
import { ContactCenterError, placeholders } from "../../lib/core/errors.js";
import { withinTraceOf } from "../../lib/core/telemetry/message.js";

/** A message in the flow. Everything but `_msgid` is the user's. */
export type Message = NodeMessageInFlow & Record<string, unknown>;
/** Sends on; an array has an item per output. */
export type Send = (message: object | (object | null)[]) => void;

/**
 * Puts the sentence of the editor's language into an error.
 * @param RED the runtime that holds the node's catalogue
 * @param error anything that was thrown
 * @param type of a node whose form has the error's field: it is named by its label too
 * @returns an Error whose message a person can act on; `code` and `cause` stay as they were
 */
export function localize(RED: NodeAPI, error: unknown, type?: string): Error {
  if (!(error instanceof ContactCenterError)) return error instanceof Error ? error : new Error(String(error));
  const values = placeholders(error);
  if (type !== undefined) values["field"] = withLabel(RED, type, values["field"] ?? "");
  const sentence = RED._(error.key, values).trim();
  // Node-RED gives the key back where no catalogue of the node has it; the English sentence stays then.
  if (sentence !== error.key) error.message = sentence;
  return error;
}

/** A field with its label in the form, as in `Write them to (rejectsFile)`; the field alone where its label is the same word. */
function withLabel(RED: NodeAPI, type: string, field: string): string {
  const key = `${type}.form.${field}`;
  const label = RED._(key);
  return label === key || label.toLowerCase() === field.toLowerCase() ? field : `${label} (${field})`;
}

/**
 * What Node-RED gets of an error. Its debug sidebar shows an Error as an object whose sentence is cut and whose cause is
 * "[object Object]"; a text it shows whole. A text with properties is both, as Catch nodes get its `code` and `cause`.
 */
function reported(RED: NodeAPI, error: unknown, type: string): Error {
  const problem = localize(RED, error, type);
  if (!(problem instanceof ContactCenterError)) return problem;
  const { message, code, cause } = problem;
  return Object.assign(Object(message) as Error, { message, code, cause });
}

/**
 * Wires a node's input.
 * @param RED the runtime
 * @param node whose input
 * @param handle does the work; what it throws reaches a Catch node with the original message, and nothing is forwarded
 */
export function onInput(
  RED: NodeAPI,
  node: Node,
  handle: (message: Message, send: Send) => void | Promise<void>,
): void {
  node.on("input", (message, send, done) => {
    const fail = (error: unknown): void => {
      const problem = reported(RED, error, node.type);
      try {
        done(problem);
      } catch {
        // Node-RED copies the message for the Catch nodes. One that cannot be copied, such as one whose properties throw,
        // would end the process here: the error is reported without it.
        node.error(problem);
      }
    };
    let work;
    try {
      work = withinTraceOf(message, () => handle(message, send as Send));
    } catch (error) {
      fail(error);
      return;
    }
    if (work instanceof Promise) work.then(() => done(), fail);
    else done();
  });
}
