/**
 * Keeps subscriptions for events at an Anywhere365 CTI Broker, whatever is deployed, killed or restarted.
 *
 * Message in: `action` = subscribe | unsubscribe | list; `payload` = address or list of addresses.
 * Message out: `payload` = list of {imAddress, subscriptionId, subscribed, error}: the answer to a control message, on that
 * message, and once when the subscriptions at start are settled.
 * Vendor document: CTI Broker REST API, "Subscribe for Events" and "Unsubscribe for Events".
 */
import type { Node, NodeAPI, NodeDef } from "node-red";
import { type ContactCenterError, refused } from "../../lib/core/errors.js";
import { SubscriptionManager, type SubscriptionRow } from "../../lib/cti/subscriptions.js";
import { onInput, localize } from "../shared/input.js";
import { setStatus } from "../shared/status.js";
import { envText } from "../shared/values.js";
import { isActive } from "../shared/active.js";
import { brokerOf, type CtiBroker } from "./connection.js";
import { callbackOf, expectEvents } from "./callback.js";
import { type Action, agentList, readControl } from "./control.js";
import { onDeployEnd } from "../shared/deploys.js";
import { contextStore } from "./store.js";
import { subscriptionBadge } from "./badge.js";

interface SubscribeConfig extends NodeDef {
  broker?: string;
  /** Id of the `cti-event-in` whose address is the callback; blank = `callback`. */
  eventNode?: string;
  callback?: string;
  /** Empty = one subscription without an address. */
  agents?: string[];
  /** Minutes; 0 = off. */
  renew?: number | string;
  active?: unknown;
  activeType?: string;
}

/** Minutes, unless the node says otherwise: so long a broker that forgot stays unnoticed. */
const DEFAULT_RENEW = 60;
/** How long a deploy waits for the broker, milliseconds. */
const CLOSE_MS = 1800;

function renewMs(value: number | string | undefined): number {
  const ms = Number(value === undefined || value === "" ? DEFAULT_RENEW : value) * 60_000;
  if (ms >= 0) return ms;
  throw refused("cti.errors.renew", { vendor: "anywhere365", operation: "subscribe", field: "renew" });
}

interface Session {
  manager: SubscriptionManager;
  broker: CtiBroker;
  agents: string[];
  release: () => void;
}

export = (RED: NodeAPI): void => {
  function CtiSubscribe(this: Node, config: SubscribeConfig): void {
    RED.nodes.createNode(this, config);
    const rowsOf = (rows: readonly SubscriptionRow[]): object[] =>
      rows.map(({ error, ...row }) => ({
        ...row,
        ...(error !== undefined && { error: localize(RED, error).message }),
      }));

    let closed = false;

    const open = (): Session => {
      const broker = brokerOf(RED, config.broker, "subscribe");
      const { client } = broker.open();
      const agents = agentList((config.agents ?? []).map((agent) => envText(RED, this, agent)));
      const { url: callback, secret, unproved } = callbackOf(RED, this, config, broker);
      if (unproved) this.warn(RED._("cti-subscribe.unproved"));
      const manager: SubscriptionManager = new SubscriptionManager({
        client,
        store: contextStore(RED, this),
        callback,
        ...(secret && { secret }),
        renewMs: renewMs(config.renew),
        onChange: () => {
          if (!closed) changed();
        },
      });
      const changed = subscriptionBadge(RED, this, () => manager.list());
      const release = config.eventNode ? expectEvents(config.eventNode, manager) : (): void => undefined;
      return { manager, broker, agents, release };
    };

    const begin = async ({ manager, agents }: Session): Promise<void> => {
      const active = await isActive(RED, this, config, "anywhere365");
      if (!active) setStatus(this, "unconfigured", RED._("cti-subscribe.badge.inactive"));
      const rows = await manager.start(active ? agents : []);
      if (active && !closed) this.send({ payload: rowsOf(rows) });
    };

    let session: Session | undefined;
    let problem: unknown;
    // Not before all nodes stand: the event node may be made after this one. And after each later deploy, where it was
    // missing: a node that is added restarts nobody.
    const ready = new Promise<void>((resolve) => {
      const off = onDeployEnd(RED, () => {
        if (!session) attempt();
        resolve();
      });
      this.on("close", (removed: boolean, done: (error?: unknown) => void) => {
        closed = true;
        off();
        resolve();
        end(removed).then(() => done(), done);
      });
    });
    const attempt = (): void => {
      try {
        session = open();
        setStatus(this, "connecting");
        begin(session).catch(fail);
      } catch (error) {
        fail(error);
      }
    };
    const fail = (error: unknown): void => {
      problem = error;
      setStatus(
        this,
        "error",
        RED._("cti-subscribe.badge.field", { field: (error as ContactCenterError).cause?.field ?? "" }),
      );
      this.error(localize(RED, error).message);
    };
    const end = async (removed: boolean): Promise<void> => {
      if (!session) return;
      const left = await session.manager.close(CLOSE_MS);
      session.release();
      // With this node its context goes: somebody else has to remember.
      if (removed && left.length > 0) await session.broker.takeOver(left);
    };

    const act: Record<
      Action,
      (session: Session, addresses: string[] | undefined) => Promise<SubscriptionRow[]> | SubscriptionRow[]
    > = {
      subscribe: ({ manager, agents }, addresses) => manager.subscribe(addresses ?? agents),
      unsubscribe: ({ manager }, addresses) => manager.unsubscribe(addresses),
      list: ({ manager }) => manager.list(),
    };
    onInput(RED, this, async (message, send) => {
      await ready;
      const { action, addresses } = readControl(message);
      if (!session) throw problem ?? refused("cti.errors.closed", { vendor: "anywhere365", operation: action });
      const rows = await act[action](session, addresses);
      message.payload = rowsOf(rows);
      send(message);
    });
  }
  RED.nodes.registerType("cti-subscribe", CtiSubscribe);
};
