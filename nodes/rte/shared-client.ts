/**
 * What of a connection outlives its nodes: the client, and the places of its subscribers while they are deployed again. So
 * a deploy that does not change the connection keeps the socket, and loses no event.
 */
import type { NodeAPI } from "node-red";
import { createRteClient, type RteClient } from "../../lib/rte/client.js";
import { type Subject, subjectKey } from "../../lib/rte/subject.js";
import type { RteEvent } from "../../lib/rte/events.js";
import type { Login } from "../../lib/rte/login.js";
import type { Notice, Subscriber } from "../../lib/rte/subscriber.js";
import { onceDeployed } from "../shared/deploys.js";
import type { Reporter } from "./reporter.js";

/** Events that wait for a node under deploy, and how long they do, in milliseconds; then they are dropped, and a gap tells. */
const MAX_EVENTS = 10_000;
const MAX_WAIT_MS = 10_000;

/** Until when each node has got every event, Unix milliseconds, by the node's id. */
export type Progress = Record<string, number>;

/** Keeps the place of a subscriber: events and gaps wait for its successor. */
class Place implements Subscriber {
  private readonly sinceMs = Date.now();
  private events: RteEvent[] = [];
  private gaps: Notice[] = [];
  private isDropped = false;

  readonly onEvent = (event: RteEvent): void => {
    if (this.isLate() || this.events.length >= MAX_EVENTS) this.drop();
    if (!this.isDropped) this.events.push(event);
  };
  readonly onNotice = (notice: Notice): void => {
    if (notice.topic === "gap") this.gaps.push(notice);
  };
  readonly onState = (): void => undefined;

  private isLate(): boolean {
    return Date.now() - this.sinceMs > MAX_WAIT_MS;
  }

  private drop(): void {
    this.isDropped = true;
    this.events = [];
  }

  /** Since when events were dropped, Unix milliseconds; undefined when none were. */
  lostSinceMs(): number | undefined {
    if (this.events.length > 0 && this.isLate()) this.drop();
    return this.isDropped ? this.sinceMs : undefined;
  }

  /** Gives the successor what came meanwhile and what it still subscribes. */
  handOver(successor: Subscriber, subjects: readonly Subject[]): void {
    const kept = new Set(subjects.map(subjectKey));
    for (const event of this.events) if (kept.has(subjectKey(event.rte))) successor.onEvent(event);
    for (const gap of this.gaps) successor.onNotice(gap);
  }
}

/** A client and the nodes that use it. */
export class SharedClient {
  readonly client: RteClient;
  /** Until when each node had got every event on the connection before this one, or in another run. */
  progress: Progress = {};
  private readonly users = new Map<string, Subscriber>();
  /** Nodes that are there and will join, with the time until which another connection had read for them. */
  private readonly expected = new Map<string, number | undefined>();
  private isRetired = false;
  /** Places on the connection before this one. */
  private readonly inherited: ReadonlyMap<string, Subscriber>;

  /**
   * @param fingerprint the same for the same connection
   * @param reporter of the present connection node; it changes with each deploy
   * @param predecessor the connection whose nodes come to this one
   */
  constructor(
    login: Login,
    readonly fingerprint: string,
    public reporter: Reporter,
    predecessor?: SharedClient,
  ) {
    this.client = createRteClient({
      login,
      onUnknown: (unknown) => this.reporter.onUnknown(unknown),
      onState: (state) => this.reporter.onState(state),
      onCallFault: (fault) => this.reporter.onCallFault(fault),
    });
    this.inherited = new Map(predecessor?.users);
  }

  /** False when the connection is another one, or this client was ended: then a new one takes over its nodes. */
  canServe(fingerprint: string): boolean {
    return !this.isRetired && this.fingerprint === fingerprint;
  }

  /**
   * A node exists that will join: its place is not given up at the end of the deploy.
   * @param readUntilMs until when it had got every event before the deploy, Unix milliseconds; it counts for a node that
   *   comes from another connection
   */
  expect(id: string, readUntilMs?: number): void {
    this.expected.set(id, readUntilMs);
  }

  /** The same time for all nodes that are there and have not joined. */
  expectedSince(ms: number): Progress {
    return Object.fromEntries([...this.expected.keys()].map((id) => [id, ms]));
  }

  /** Adds a node, or puts it in its old place; the first one opens the connection. */
  join(id: string, subscriber: Subscriber, subjects: readonly Subject[]): void {
    const isFirst = this.users.size === 0;
    const user = this.users.get(id);
    this.users.set(id, subscriber);
    const elsewhereMs = this.expected.get(id);
    this.expected.delete(id);
    if (user) this.client.replace(user, subscriber);
    else this.client.add(subscriber);
    const place = user ?? this.inherited.get(id);
    const times = [
      place instanceof Place ? place.lostSinceMs() : undefined,
      // Where it was served elsewhere meanwhile, an earlier time on this connection is out of date.
      user ? undefined : ((place ? undefined : elsewhereMs) ?? this.progress[id]),
    ];
    const lostSinceMs = times.filter((ms) => ms !== undefined).sort((one, other) => one - other)[0];
    delete this.progress[id];
    void this.client.setSubscriptions(subscriber, subjects, lostSinceMs);
    if (place instanceof Place) place.handOver(subscriber, subjects);
    if (isFirst) this.client.open();
  }

  /**
   * A node is being deployed again: its place is kept.
   * @returns until when it has got every event; undefined for one without subscriptions
   */
  hold(id: string): number | undefined {
    const user = this.users.get(id);
    this.expected.delete(id);
    if (user === undefined || user instanceof Place) return undefined;
    const readUntilMs = this.client.completeUntilMs(user);
    const place = new Place();
    this.users.set(id, place);
    this.client.replace(user, place);
    return readUntilMs;
  }

  /** A node is gone; the last one closes the connection. */
  async leave(id: string): Promise<void> {
    const user = this.users.get(id);
    this.expected.delete(id);
    if (user === undefined) return;
    this.users.delete(id);
    this.client.remove(user);
    if (this.users.size === 0) await this.client.close();
  }

  /**
   * Ends the client for good: another one takes over the nodes.
   * @returns until when each has got every event
   */
  async retire(): Promise<Progress> {
    this.isRetired = true;
    await this.client.close();
    return this.currentProgress();
  }

  /** A deploy is done: the places of nodes that are not there again are given up. */
  async leaveUnclaimed(): Promise<void> {
    if (this.isRetired) return;
    const unclaimed = [...this.users].filter(([id, user]) => user instanceof Place && !this.expected.has(id));
    await Promise.all(unclaimed.map(([id]) => this.leave(id)));
  }

  /** Until when each node has got every event; one without subscriptions is left out. */
  currentProgress(): Progress {
    const entries = [...this.users].map(([id, user]) => [id, this.client.completeUntilMs(user)] as const);
    return Object.fromEntries(entries.filter((entry): entry is readonly [string, number] => entry[1] !== undefined));
  }
}

interface Parked {
  shared: SharedClient;
  forget: () => void;
}
/** Clients whose connection node is being deployed again, by its id, for each runtime in this process. */
const parkedOf = new WeakMap<object, Map<string, Parked>>();

function parkedIn(RED: NodeAPI): Map<string, Parked> {
  const known = parkedOf.get(RED.events);
  if (known) return known;
  const parked = new Map<string, Parked>();
  parkedOf.set(RED.events, parked);
  // The flows stop, and no deploy starts them again.
  RED.events.on("runtime-event", ({ id, payload }: { id: string; payload?: { state?: string; deploy?: boolean } }) => {
    if (id === "runtime-state" && payload?.state === "stop" && payload.deploy !== true) closeAll(parked);
  });
  return parked;
}

function closeAll(parked: Map<string, Parked>): void {
  for (const { shared, forget } of parked.values()) {
    forget();
    void shared.client.close();
  }
  parked.clear();
}

/**
 * Keeps a client for the connection node that takes the place of this one, until the deploy is done.
 * @param limitMs milliseconds after which a deploy that goes on keeps the places, but no socket: the client is retired
 */
export function park(RED: NodeAPI, id: string, shared: SharedClient, limitMs = MAX_WAIT_MS): void {
  const parked = parkedIn(RED);
  const limit = setTimeout(() => void shared.retire(), limitMs);
  limit.unref();
  const stop = onceDeployed(RED, () => {
    parked.delete(id);
    clearTimeout(limit);
    void shared.client.close();
  });
  parked.set(id, {
    shared,
    forget: () => {
      stop();
      clearTimeout(limit);
    },
  });
}

/** Takes what {@link park} kept, also a client that was retired meanwhile; undefined when there is nothing. */
export function unpark(RED: NodeAPI, id: string): SharedClient | undefined {
  const parked = parkedIn(RED);
  const found = parked.get(id);
  found?.forget();
  parked.delete(id);
  return found?.shared;
}
