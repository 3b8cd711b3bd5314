/** Where nodes say that a run begins and how it ends, for whoever records runs; while nobody does, it costs one look. */
import type { Node, NodeAPI } from "node-red";
import type { ReceiveAgain, Receiver, RunRecorder } from "../../lib/recorder/model.js";
import { perRuntime } from "./runtime.js";

/** Whoever begins runs now. */
export type Beginner = Pick<RunRecorder, "begin"> | undefined;

/** Who records the runs of a runtime now, and the nodes that can receive again what was recorded. */
interface Recording {
  recorder: RunRecorder | undefined;
  /** By the node's id. */
  readonly receivers: Map<string, Receiver>;
}

/** The recording of a runtime; ask for its recorder at each run, since it comes and goes. */
export const recordingOf = perRuntime((): Recording => ({ recorder: undefined, receivers: new Map() }));

/** The node can receive again what was recorded, until it closes. */
export function receivesAgain(RED: NodeAPI, node: Node, receive: ReceiveAgain): void {
  const { receivers } = recordingOf(RED);
  const receiver = { type: node.type, receive };
  receivers.set(node.id, receiver);
  node.on("close", () => {
    // A deploy may have made the next one before this one was closed.
    if (receivers.get(node.id) === receiver) receivers.delete(node.id);
  });
}
