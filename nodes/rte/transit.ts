/**
 * What a node has sent and Node-RED has not delivered: it delivers at the end of the turn, and drops what is on its way to
 * a node that a deploy stops in the same turn.
 */
import type { NodeAPI, NodeMessage } from "node-red";
import type { RteEvent } from "../../lib/rte/events.js";
import type { Notice } from "../../lib/rte/subscriber.js";

/** What a subscriber gets. */
export type Item = RteEvent | Notice;

/** Node-RED's message hooks, as far as they are used; its types lack them. */
interface Hooks {
  add(id: string, hook: (event: { msg: { _msgid?: string } }) => false | undefined): void;
  remove(id: string): void;
}

let hookCount = 0;

/** The messages of one node in this turn. */
export class Transit {
  private sent: { message: NodeMessage; item: Item }[] = [];
  private readonly isDelivered: boolean;

  constructor(private readonly RED: NodeAPI) {
    // Then a message has been delivered when `send` returns.
    this.isDelivered = Boolean((RED.settings as { runtimeSyncDelivery?: boolean }).runtimeSyncDelivery);
  }

  /** A message is about to be sent that carries this. */
  note(message: NodeMessage, item: Item): void {
    if (this.isDelivered) return;
    // Deliveries run together with this, and no deploy begins between them.
    if (this.sent.length === 0) setImmediate(() => (this.sent = []));
    this.sent.push({ message, item });
  }

  /**
   * Stops the messages that are on their way, whichever node they go to.
   * @returns what they carried, to be sent again
   */
  takeBack(): Item[] {
    const { sent } = this;
    if (sent.length === 0) return [];
    this.sent = [];
    const { hooks } = this.RED as unknown as { hooks: Hooks };
    const ids = new Set(sent.map(({ message: { _msgid } }) => _msgid));
    const hook = `onReceive.contact-center-rte-${++hookCount}`;
    hooks.add(hook, ({ msg: { _msgid } }) => (ids.has(_msgid) ? false : undefined));
    // They all come in the next round of immediates.
    setImmediate(() => setImmediate(() => hooks.remove(hook)));
    // Another object: what is sent again gets an id of its own.
    return sent.map(({ item: { ...item } }) => {
      delete (item as NodeMessage)._msgid;
      return item;
    });
  }
}
