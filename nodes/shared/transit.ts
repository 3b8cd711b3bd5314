/**
 * What a node has sent and Node-RED has not delivered: it delivers at the end of the turn, and drops what is on its way to
 * a node that a deploy stops in the same turn.
 */
import type { Node, NodeAPI, NodeMessage } from "node-red";
import { isCutOff, isDeploying, onceDeployed, onDeployBegin } from "./deploys.js";

/** Node-RED's message hooks, as far as they are used; its types lack them. */
interface Hooks {
  add(id: string, hook: (event: { msg: { _msgid?: string } }) => false | undefined): void;
  remove(id: string): void;
}

let hookCount = 0;

/** The messages of one node that are on their way. */
export class Transit<Message extends object> {
  /** What was sent in one go is delivered in one go. */
  private readonly batches = new Set<Message[]>();
  private batch: Message[] | undefined;
  private readonly isDelivered: boolean;

  constructor(private readonly RED: NodeAPI) {
    // Then a message has been delivered when `send` returns.
    this.isDelivered = Boolean((RED.settings as { runtimeSyncDelivery?: boolean }).runtimeSyncDelivery);
  }

  /** This is about to be sent. */
  note(message: Message): void {
    if (this.isDelivered) return;
    this.batch ??= this.begin();
    this.batch.push(message);
  }

  private begin(): Message[] {
    const batch: Message[] = [];
    this.batches.add(batch);
    // What follows is another batch: sent by an immediate itself, it is delivered one round later.
    process.nextTick(() => (this.batch = undefined));
    // Runs together with the deliveries, and no deploy begins between them.
    setImmediate(() => {
      this.batches.delete(batch);
      // An array that grew old would keep its messages, delivered long ago, until the next big garbage collection.
      batch.length = 0;
    });
    return batch;
  }

  /**
   * Stops the messages that are on their way, whichever node they go to.
   * @returns what they carried, to be sent again
   */
  takeBack(): Message[] {
    const sent = [...this.batches].flat();
    if (sent.length === 0) return [];
    this.batches.clear();
    this.batch = undefined;
    const { hooks } = this.RED as unknown as { hooks: Hooks };
    const ids = new Set(sent.map((message) => (message as NodeMessage)._msgid));
    const hook = `onReceive.contact-center-${++hookCount}`;
    hooks.add(hook, ({ msg: { _msgid } }) => (ids.has(_msgid) ? false : undefined));
    // They all come in this round of immediates or in the next.
    setImmediate(() => setImmediate(() => hooks.remove(hook)));
    // Another object: what is sent again gets an id of its own.
    return sent.map(({ ...message }) => {
      delete (message as NodeMessage)._msgid;
      return message;
    });
  }
}

/**
 * Sends the messages of a node by one of its outputs, so that a deploy loses none on its way: what the deploy would drop is
 * sent at its end, by the node that stands there then.
 * @param isWanted whether a message is still to be sent then
 */
export function senderOf(
  RED: NodeAPI,
  node: Node,
  output = 0,
  isWanted: (message: NodeMessage) => boolean = () => true,
): (message: NodeMessage) => void {
  const transit = new Transit<NodeMessage>(RED);
  let isClosed = false;
  const send = (message: NodeMessage): void => {
    transit.note(message);
    const sender = isClosed ? (RED.nodes.getNode(node.id) as Node | null) : node;
    sender?.send(output === 0 ? message : [null, message]);
  };
  const stop = onDeployBegin(RED, () => {
    const sent = isDeploying(RED) && isCutOff(RED, node.id) ? transit.takeBack() : [];
    if (sent.length > 0) onceDeployed(RED, () => sent.filter(isWanted).forEach(send));
  });
  node.on("close", () => {
    isClosed = true;
    stop();
  });
  return send;
}
