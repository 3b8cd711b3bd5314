/** The address that a broker shall post events to, and which subscriptions an event node may hear of. */
import { STEADY } from "../../lib/core/clock.js";
import type { Node, NodeAPI } from "node-red";
import type { AuthMethod } from "../shared/webhook/config.js";
import { refused } from "../../lib/core/errors.js";
import { textKey } from "../../lib/core/event.js";
import { LONGEST_ID, plainText } from "../../lib/core/values.js";
import { DuplicateFilter } from "../../lib/cti/duplicates.js";
import { copyKey, type CtiEvent, undoingContents } from "../../lib/cti/events.js";
import { callbackOfKey, entryKey } from "../../lib/cti/entry-keys.js";
import { normalId, ON_THE_WAY_MS } from "../../lib/cti/subscription-ids.js";
import type { SubscriptionManager } from "../../lib/cti/subscriptions.js";
import { envText } from "../shared/variables.js";
import type { CtiBroker } from "./connection.js";
import type { BrokerSession } from "./session.js";

/** What a `cti-event-in` tells of its address. */
export interface EventNode extends Node {
  /** Below `httpNodeRoot`; empty when none is set. */
  readonly path: string;
  readonly auth: AuthMethod;
  /** Undefined unless the node asks for one; empty when it asks and has none. */
  readonly secret: string | undefined;
}

/** A callback address. */
export interface Callback {
  url: string;
  /** The secret within it. */
  secret?: string;
  /** True where the event node asks for what a broker is not known to send: a header, or a password. */
  unproved: boolean;
}

function wrong(key: string, field: string): Error {
  return refused(`cti.errors.${key}`, { vendor: "anywhere365", operation: "subscribe", field });
}

/**
 * The callback of a subscriber: that of its event node, or a full address.
 * @throws ContactCenterError `EINVALID` naming the setting that is missing or wrong
 */
export function callbackOf(
  RED: NodeAPI,
  node: Node,
  config: { eventNode?: string; callback?: string },
  broker: CtiBroker,
): Callback {
  if (config.eventNode) return callbackOfEventNode(RED, config.eventNode, broker);
  const url = envText(RED, node, config.callback ?? "", {
    vendor: "anywhere365",
    operation: "subscribe",
    field: "callback",
  }).trim();
  if (url === "") throw wrong("no-callback", "callback");
  if (!isHttp(url)) throw wrong("callback", "callback");
  return { url, unproved: false };
}

function callbackOfEventNode(RED: NodeAPI, id: string, broker: CtiBroker): Callback {
  const events = RED.nodes.getNode(id) as EventNode | null;
  if (typeof events?.path !== "string") throw wrong("no-event-node", "eventNode");
  if (events.path === "" || events.secret === "") throw wrong("event-node", "eventNode");
  if (RED.settings.httpNodeRoot === false) throw wrong("no-http", "eventNode");
  const callbackUrl = broker.callbackUrl();
  if (callbackUrl === "") throw wrong("no-callback-url", "callbackUrl");
  if (!isHttp(callbackUrl) || /[?#]/.test(callbackUrl)) throw wrong("callback-url", "callbackUrl");
  const { secret, auth } = events;
  return {
    unproved: auth === "apikey" || auth === "basic",
    url: callbackUrl.replace(/\/+$/, "") + pathOf(RED, events),
    ...(secret && { secret }),
  };
}

/** The path of an event node's address, with its secret. */
export function pathOf(RED: NodeAPI, { path, secret }: Pick<EventNode, "path" | "secret">): string {
  const root = RED.settings.httpNodeRoot || "";
  return `/${root}/${path}${secret ? "/" : ""}`.replace(/\/{2,}/g, "/") + encodeURIComponent(secret ?? "");
}

function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** A subscriber whose events come in at an event node. */
export interface EventReceiver {
  subscriptions: SubscriptionManager;
  /** See {@link BrokerSession.name}. */
  broker: BrokerSession["name"];
  /** The callback address that is registered. */
  url: string;
  /** Called when the broker says that an agent is not logged in. @param hasFailed true for a log-in that failed */
  onLoggedOut: (imAddress: string, hasFailed: boolean) => void;
}

/** The subscribers of an event node. */
interface Receivers {
  all: Set<EventReceiver>;
  /** One for each broker and address. */
  distinct: readonly EventReceiver[];
}

/** By id of the event node, so that each of both may be deployed without the other; or by the path of an address that was entered. */
const receiversOf = new Map<string, Receivers>();

/**
 * Notes that a subscriber's events come in at an event node.
 * @param eventNode its id, or the path of an address that was entered: such a subscriber only hears of what is refused
 * @returns how to end it; what is on the way then is still expected
 */
export function expectEvents(eventNode: string, receiver: EventReceiver): () => void {
  const all = receiversOf.get(eventNode)?.all ?? new Set();
  setReceivers(eventNode, all.add(receiver));
  return () => {
    setTimeout(() => {
      if (all.delete(receiver)) setReceivers(eventNode, all);
    }, ON_THE_WAY_MS).unref();
  };
}

function setReceivers(eventNode: string, all: Set<EventReceiver>): void {
  const isFirst = (receiver: EventReceiver, at: number, those: EventReceiver[]): boolean =>
    those.findIndex(({ subscriptions, url }) => subscriptions === receiver.subscriptions && url === receiver.url) ===
    at;
  if (all.size === 0) receiversOf.delete(eventNode);
  else receiversOf.set(eventNode, { all, distinct: [...all].filter(isFirst) });
}

/**
 * The receivers of an event node, one for each broker and address.
 * @param id of a subscription: the broker that it is known to be of comes first, as another one may take it for what an
 *   answer that got lost was about
 */
function receivers(eventNode: string, id = ""): readonly EventReceiver[] {
  const { distinct = [] } = receiversOf.get(eventNode) ?? {};
  if (distinct.length < 2) return distinct;
  const isOwner = ({ subscriptions }: EventReceiver): number => Number(subscriptions.ids.ownerOf(id) !== undefined);
  return distinct.toSorted((one, other) => isOwner(other) - isOwner(one));
}

/**
 * True for an event that a subscriber asked for; where there is no subscriber, there is nothing to compare with.
 * @param isShared true where events of others are welcome, too
 */
export function isExpected(eventNode: string, event: CtiEvent, isShared: boolean): boolean {
  const [id, imAddress] = [plainText(event.SubscriptionId), plainText(event.ImAddress)];
  const those = receivers(eventNode, id);
  return (
    those.length === 0 ||
    those.some(({ subscriptions, url }) => subscriptions.admission.admits(url, id, imAddress, isShared))
  );
}

/**
 * A refused request may come from a subscription that was asked for at a former address, with another secret, where the
 * answer got lost.
 * @param secrets what the request shows
 * @returns how to end what posted an event; undefined where nothing of that address is left over
 */
export function formerAddress(
  eventNode: string,
  secrets: readonly string[],
  isShared: boolean,
): ((event: CtiEvent) => void) | undefined {
  for (const { subscriptions, url } of receivers(eventNode)) {
    const left = new Set(subscriptions.ids.unanswered().map(([key]) => callbackOfKey(key)));
    // Nearly always: then a refusal costs no digest.
    if (left.size === 0) continue;
    const former = secrets
      .map((secret) => url.replace(/[^/]*$/, encodeURIComponent(secret)))
      .find((address) => left.has(callbackOfKey(entryKey(address, ""))));
    if (former !== undefined)
      return ({ SubscriptionId, ImAddress }) =>
        void subscriptions.admission.admits(former, plainText(SubscriptionId), plainText(ImAddress), isShared);
  }
  return undefined;
}

/** Of all event nodes, so that a deploy of one forgets nothing. */
const duplicates = new DuplicateFilter();

/**
 * A request was refused for its network or credentials: it may be an event of a subscriber here.
 * @param paths at which its receivers may have been registered beside the event node itself
 * @param at when it came, Unix milliseconds
 * @returns how to note that; true where it was one. Undefined where nobody subscribes to these addresses
 */
export function deniedEvent(
  eventNode: string,
  paths: readonly string[],
  at: number,
): ((event: CtiEvent) => boolean) | undefined {
  const those = [...new Set([eventNode, ...paths])].flatMap((key) => receivers(key));
  if (those.length === 0) return undefined;
  return ({ SubscriptionId, ImAddress }) => {
    const [id, imAddress] = [plainText(SubscriptionId), plainText(ImAddress)];
    // Anybody can send a request that is refused; only the broker knows the id.
    const owners = those.filter(({ subscriptions, url }) => subscriptions.admission.isOurs(url, id, imAddress));
    for (const { subscriptions, url } of owners) subscriptions.users.eventDenied(url, at - IN_FLIGHT_MS);
    return owners.length > 0;
  };
}

/** An event node has taken an event. Parameters as in {@link deniedEvent}. */
export function noteTaken(eventNode: string, paths: readonly string[]): void {
  for (const key of new Set([eventNode, ...paths]))
    for (const { subscriptions, url } of receivers(key)) subscriptions.users.eventTaken(url);
}

/**
 * True for each copy of an event but the first, where several subscriptions post it.
 * @param hasSubscriber true where a subscriber may be there that is not known yet; without one all is passed on
 */
export function isDuplicate(eventNode: string, event: CtiEvent, hasSubscriber: boolean): boolean {
  const [id, imAddress] = [plainText(event.SubscriptionId), plainText(event.ImAddress)];
  const those = receivers(eventNode, id);
  if (!id) return false;
  const [source] = those.flatMap(({ subscriptions, broker, url }) => {
    const times = subscriptions.admission.timesOf(url, id, imAddress);
    return times ? [{ ...times, broker }] : [];
  });
  if (!source && those.length === 0 && !hasSubscriber) return false;
  const digest = (text: string): string => textKey("anywhere365", eventNode, text);
  const [call, content] = copyKey(event).map(digest) as [string, string];
  const poster = { askedAt: 0, ...source, id: id.length > LONGEST_ID ? digest(id) : normalId(id) };
  return duplicates.isDuplicate(call, content, poster, undoingContents(event).map(digest));
}

/** Ends the heartbeat of an agent who logged out, or whose log-in failed. */
export function noteLogin(eventNode: string, { eventType, success, ImAddress }: CtiEvent): void {
  const hasFailed = eventType === "LoggedIn" && success === false;
  if ((hasFailed || eventType === "LoggedOff") && typeof ImAddress === "string")
    for (const { onLoggedOut } of receivers(eventNode)) onLoggedOut(ImAddress, hasFailed);
}

/** How long an event may be on its way before it comes, or until it has reached the flow, ms. */
const IN_FLIGHT_MS = 1000;

/**
 * An event node refuses events until the end of the deploy.
 * @param path of its address, with the secret: subscribers may have entered it
 * @param at when the event came, Unix milliseconds
 */
export function noteRefused(eventNode: string, path: string, at: number): void {
  for (const key of [eventNode, path])
    for (const { subscriptions, url } of receivers(key)) subscriptions.users.eventsRefused(url, at - IN_FLIGHT_MS);
}

/** An event node closes: what it sent last may not have reached the flow. Parameters as in {@link noteRefused}. */
export function noteClosed(eventNode: string, path: string, at: number): void {
  if (STEADY.now() - at <= IN_FLIGHT_MS) noteRefused(eventNode, path, at);
}
