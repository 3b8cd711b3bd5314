/** What happens in the place of a node that reaches outside. */

/** What stands in for one message: a message goes on, the node fails, both, or neither. */
export interface OutsideAnswer {
  /** Properties that the message goes on with; absent: nothing goes on. */
  message?: Readonly<Record<string, unknown>>;
  /** The output, from 1. */
  output?: number;
  /** The node fails with this sentence: a Catch node gets the message. */
  error?: string;
  /** `msg.error.code`. */
  code?: string | number;
  /** Milliseconds until it answers. */
  afterMs?: number;
}

/** A node in whose place something happens. */
export interface StandInNode {
  send(message: unknown): void;
  /** As Node-RED itself does when a node is done with a message. */
  _complete?(message: object, error?: unknown): void;
}

/** The node fails. The message stays as it is for whoever goes on with it. @param code `msg.error.code` */
export function failInPlace(node: StandInNode, message: object, error: string, code?: string | number): void {
  node._complete?.(message, code === undefined ? new Error(error) : Object.assign(new Error(error), { code }));
}

/** The message goes on from an output, as if the node had sent it. @param output from 1 */
export function sendInPlace(node: StandInNode, message: object, output = 1): void {
  node.send([...Array.from({ length: output - 1 }, () => null), message]);
}
