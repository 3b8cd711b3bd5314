/**
 * Keeps subscriptions for events at an Anywhere365 CTI Broker, whatever is deployed, killed or restarted.
 *
 * Message in: `action` = subscribe | unsubscribe | list; `payload` = address or list of addresses.
 * Message out (1): `payload` = list of {imAddress, subscriptionId, subscribed, error}: the answer to a control message, on
 * that message, and once when the subscriptions at start are settled.
 * Message out (2): `topic` = gap, `payload` = {from, to, durationMs, agents}: a time in which events may have been lost.
 * Vendor document: CTI Broker REST API, "Subscribe for Events" and "Unsubscribe for Events".
 */
import type { Node, NodeAPI, NodeDef } from "node-red";
import { type ContactCenterError, refused } from "../../lib/core/errors.js";
import { FormerSubscriptions } from "../../lib/cti/former-subscriptions.js";
import { countGap } from "../../lib/core/telemetry/events.js";
import type { Gap } from "../../lib/cti/gaps.js";
import { Subscriber, type SubscriptionRow } from "../../lib/cti/subscriber.js";
import { isActive } from "../shared/active.js";
import { isDeploying, onDeployEnd } from "../shared/deploys.js";
import { onInput, localize } from "../shared/input.js";
import { warnOncePerMinute } from "../shared/log.js";
import { perRuntime } from "../shared/runtime.js";
import { setStatus } from "../shared/status.js";
import { readText } from "../shared/variables.js";
import { subscriptionBadge } from "./badge.js";
import { callbackOf, expectEvents } from "./callback.js";
import { brokerOf } from "./connection.js";
import type { BrokerSession } from "./session.js";
import { type Action, type AddressList, agentList, readControl } from "./control.js";

interface SubscribeConfig extends NodeDef {
  broker?: string;
  /** Id of the `cti-event-in` whose address is the callback; blank = `callback`. */
  eventNode?: string;
  callback?: string;
  /** Empty = one subscription without an address. */
  agents?: unknown;
  /** Minutes; 0 = off. */
  renew?: number | string;
  active?: unknown;
  activeType?: string;
}

/** Renewal interval in minutes; also how long a broker's lost subscription can go unnoticed. */
const DEFAULT_RENEW = 5;
/** How long a deploy waits for the broker, milliseconds. */
const CLOSE_MS = 1800;

function renewMs(value: number | string | undefined): number {
  const ms = Number(value === undefined || value === "" ? DEFAULT_RENEW : value) * 60_000;
  if (ms >= 0) return ms;
  throw refused("cti.errors.renew", { vendor: "anywhere365", operation: "subscribe", field: "renew" });
}

interface Session {
  subscriber: Subscriber;
  agents: AddressList;
  left: BrokerSession["left"];
  /** Ends the expectation of events. */
  release: () => void;
}

const formerIn = perRuntime(() => new FormerSubscriptions());

export = (RED: NodeAPI) => {
  function CtiSubscribe(this: Node, config: SubscribeConfig): void {
    RED.nodes.createNode(this, config);
    const rowsOf = (rows: readonly SubscriptionRow[]): object[] =>
      rows.map(({ error, ...row }) => ({
        ...row,
        ...(error !== undefined && { error: localize(RED, error).message }),
      }));
    const reportGap = (gap: Gap): void => {
      const count = gap.agents.length;
      warnOncePerMinute(this, "gap", RED._("cti-subscribe.gap", { count, from: gap.from, to: gap.to }));
      countGap("anywhere365", this.type, gap.durationMs);
      this.send([null, { topic: "gap", payload: gap }]);
    };

    let closed = false;
    let session: Session | undefined;
    let problem: unknown;

    const open = (): Session => {
      const broker = brokerOf(RED, config.broker, "subscribe");
      const { name, subscriptions, agents: commands, left } = broker.open();
      const agents = agentList(config.agents, (entry) => readText(RED, this, entry));
      const { url, secret, unproved } = callbackOf(RED, this, config, broker);
      if (unproved) this.warn(RED._("cti-subscribe.unproved"));
      const subscriber: Subscriber = new Subscriber(subscriptions, {
        callback: { url, ...(secret && { secret }) },
        renewMs: renewMs(config.renew),
        former: { all: formerIn(RED), name: this.id },
        onChange: () => changed(),
        onGap: reportGap,
      });
      const changed = subscriptionBadge(RED, this, {
        list: () => (closed ? [] : [...subscriber.list(), ...wrongRows(agents)]),
        postponed: () => subscriber.postponed,
      });
      const onLoggedOut = commands.loggedOff.bind(commands);
      const receiver = { subscriptions, broker: name, url, onLoggedOut };
      return { subscriber, agents, left, release: expectEvents(config.eventNode || new URL(url).pathname, receiver) };
    };

    const begin = async ({ subscriber, agents }: Session): Promise<void> => {
      const active = await isActive(RED, this, config, "anywhere365").catch(async (error: unknown) => {
        await subscriber.start([]);
        throw error;
      });
      if (!active) setStatus(this, "unconfigured", RED._("cti-subscribe.badge.inactive"));
      const rows = await subscriber.start(active ? agents.addresses : []);
      if (active && !closed) this.send({ payload: rowsOf([...rows, ...wrongRows(agents)]) });
    };

    // Not before all nodes are made: the event node may come after this one. And after each later deploy, where it was
    // missing: a node that is added restarts nobody.
    const ready = new Promise<void>((resolve) => {
      const off = onDeployEnd(RED, () => {
        if (!session) attempt();
        resolve();
      });
      this.on("close", (_removed: boolean, done: () => void) => {
        closed = true;
        off();
        resolve();
        // Also where it is removed: so is one that moves while its former tab is deleted, and comes back.
        void end(isDeploying(RED)).finally(done);
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
      const { cause, params } = error as Partial<ContactCenterError>;
      const field = cause?.field ?? "";
      // A variable says more than the setting that names it.
      const names = params?.["names"];
      const text = names
        ? RED._("cti-subscribe.badge.unset", { names: String(names) })
        : RED._("cti-subscribe.badge.field", { field });
      setStatus(this, "error", text);
      this.error(localize(RED, error).message);
    };
    const end = async (isDeploy: boolean): Promise<void> => {
      if (!session) return;
      const { subscriber, left, release } = session;
      const closing = subscriber.close(CLOSE_MS, isDeploy);
      if (isDeploy) await closing;
      else
        for (const { isFormer, ...rest } of await left(closing))
          this.warn(RED._(isFormer ? "cti-subscribe.left-former" : "cti-subscribe.left", { ...rest }));
      release();
    };

    const act: Record<
      Action,
      (subscriber: Subscriber, list: AddressList | undefined, agents: AddressList) => Promise<SubscriptionRow[]>
    > = {
      subscribe: async (subscriber, list, agents) => {
        const { addresses, wrong } = list ?? agents;
        return [...(await subscriber.subscribe(addresses)), ...wrongRows({ addresses, wrong })];
      },
      unsubscribe: async (subscriber, list) => [
        ...(await subscriber.unsubscribe(list?.addresses)),
        ...(list ? wrongRows(list) : []),
      ],
      list: async (subscriber, _list, agents) => {
        await subscriber.started;
        return [...subscriber.list(), ...wrongRows(agents)];
      },
    };
    onInput(RED, this, async (message, send) => {
      await ready;
      const { action, list } = readControl(message);
      if (!session) throw problem ?? refused("cti.errors.closed", { vendor: "anywhere365", operation: action });
      message.payload = rowsOf(await act[action](session.subscriber, list, session.agents));
      send(message);
    });
  }
  return CtiSubscribe;
};

function wrongRows({ wrong }: AddressList): SubscriptionRow[] {
  return wrong.map((row) => ({ ...row, subscribed: false }));
}
