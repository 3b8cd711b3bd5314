/**
 * What belongs to a broker for longer than its node: a deploy replaces the node, while requests are under way and agents
 * are logged in.
 */
import type { Node, NodeAPI } from "node-red";
import { AgentCommands } from "../../lib/cti/agent-commands.js";
import type { CtiClient } from "../../lib/cti/client.js";
import { type BrokerStore, storeOfBroker } from "../../lib/cti/former-address.js";
import { isUnique } from "../../lib/cti/subscription-ids.js";
import { SubscriptionManager } from "../../lib/cti/subscriptions.js";
import { onDeployEnd } from "../shared/deploys.js";
import { localize } from "../shared/input.js";
import { perRuntime } from "../shared/runtime.js";
import { fileStore } from "./store.js";

/** One broker, from its first use until the process ends. */
export interface BrokerSession {
  /** The same for all nodes that name this broker, and after an edit of its address. */
  readonly name: string;
  readonly agents: AgentCommands;
  readonly subscriptions: SubscriptionManager;
  /**
   * A subscriber closes, as Node-RED or its flows stop.
   * @param closing resolves when it has waited for the broker
   * @returns what may stay at the broker, at each of its addresses: told once, after the last one that closes
   */
  readonly left: (closing: Promise<unknown>) => Promise<Left[]>;
}

/** Subscriptions that may stay at an address of a broker, as it has not confirmed their end. */
export interface Left {
  /** With its port, where the address names one. */
  host: string;
  count: number;
  /** True where the node names another address now. */
  isFormer: boolean;
}

/** What a deploy may change. */
interface Settings {
  readonly node: Node;
  readonly client: CtiClient;
  /** Requests for subscriptions at once. */
  readonly parallel: number;
  /** The names in the body of a subscription: with others, each has to be made again. */
  readonly fields: string;
}

interface OpenSession extends BrokerSession {
  name: string;
  readonly url: string;
  readonly store: BrokerStore;
  settings: Settings;
  /** False once the node names another broker: then this one only ends what it has. */
  isCurrent: boolean;
}

const sessionsIn = perRuntime((): OpenSession[] => []);

/**
 * The session of a broker node: the one that it had before a deploy, unless it names another broker now.
 * @param url of the broker
 */
export function openSession(RED: NodeAPI, url: string, settings: Settings): BrokerSession {
  const sessions = sessionsIn(RED);
  const former = sessions.find(({ isCurrent, settings: { node } }) => isCurrent && node.id === settings.node.id);
  if (former?.url === url) {
    former.settings.client.close();
    if (former.settings.fields !== settings.fields) former.subscriptions.renewAll();
    former.settings = settings;
    return former;
  }
  if (former) retire(RED, former);
  const session = createSession(RED, url, settings, (id) =>
    sessions.some(
      (other) => other !== session && (other.url === url || isUnique(id)) && other.subscriptions.isUsed(id),
    ),
  );
  session.name = nameOf(session, sessions, former?.name ?? settings.node.id);
  // Both addresses may be of one broker, and the former closed: then nobody else ends what it has.
  if (former) session.subscriptions.ids.inherit(former.subscriptions.ids);
  sessions.push(session);
  // After the subscribers, too, have handled the end of the deploy.
  onDeployEnd(RED, () =>
    setImmediate(() => {
      session.subscriptions.users.eventsTaken();
      session.subscriptions.allSubscribersExpected();
    }),
  );
  return session;
}

/** Two nodes may name one broker; where just one of them has another address then, that is another broker. */
function nameOf({ store }: OpenSession, sessions: readonly OpenSession[], own: string): string {
  const others = sessions.filter(({ isCurrent }) => isCurrent);
  const same = others.find((other) => other.store.broker === store.broker);
  if (same) return same.name;
  return others.some(({ name }) => name === own) ? `${own} ${store.broker}` : own;
}

/** What may stay at each address that a node has named: of one with several sessions, each subscription counts once. */
function leftOf(RED: NodeAPI, { settings: { node }, url }: OpenSession): Left[] {
  const current = new URL(url).host;
  const left = new Map<string, Set<string>>();
  for (const one of sessionsIn(RED)) {
    if (one.settings.node.id !== node.id) continue;
    const { host } = new URL(one.url);
    left.set(host, new Set([...(left.get(host) ?? []), ...one.subscriptions.left]));
  }
  return [...left].flatMap(([host, { size: count }]) =>
    count > 0 ? [{ host, count, isFormer: host !== current }] : [],
  );
}

/** The node names another broker now: at this one agents are not logged in by it any more. */
function retire(RED: NodeAPI, session: OpenSession): void {
  session.isCurrent = false;
  warnOfHeartbeats(RED, session.agents.close());
}

function warnOfHeartbeats(RED: NodeAPI, count: number): void {
  if (count > 0) RED.log.warn(RED._("cti.warnings.heartbeats", { count }));
}

function createSession(
  RED: NodeAPI,
  url: string,
  settings: Settings,
  isUsedElsewhere: (id: string) => boolean,
): OpenSession {
  const store = storeOfBroker(fileStore(RED, settings.node), url);
  const client: Pick<CtiClient, "command" | "subscribe" | "unsubscribe" | "test"> = {
    command: (command, options) => session.settings.client.command(command, options),
    subscribe: (request) => session.settings.client.subscribe(request),
    unsubscribe: (id) => session.settings.client.unsubscribe(id),
    test: () => session.settings.client.test(),
  };
  let closing = 0;
  const session: OpenSession = {
    name: settings.node.id,
    url,
    store,
    settings,
    isCurrent: true,
    left: async (closed) => {
      closing++;
      await closed;
      return --closing > 0 ? [] : leftOf(RED, session);
    },
    agents: new AgentCommands(client, (count) => warnOfHeartbeats(RED, count)),
    subscriptions: new SubscriptionManager({
      client,
      store: {
        load: () => store.load(),
        save: async (state) => {
          if (session.isCurrent) return store.save(state);
          const heir = sessionsIn(RED).find(
            ({ isCurrent, settings: { node } }) => isCurrent && node.id === settings.node.id,
          );
          if (heir) heir.subscriptions.endLeft(heir.store.noteFormer(store.broker, state));
          return "saved";
        },
        noteReceived: (received) => session.isCurrent && store.noteReceived?.(received),
      },
      parallel: () => session.settings.parallel,
      isUsedElsewhere,
      onStuck: (error) =>
        session.settings.node.warn(RED._("cti.warnings.stuck", { detail: localize(RED, error).message })),
    }),
  };
  return session;
}
