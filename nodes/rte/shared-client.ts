/**
 * What of a connection outlives its nodes: the client, and the places of its subscribers while they are deployed again. So
 * a deploy that does not change the connection keeps the socket, and loses no event.
 */
import type { NodeAPI } from "node-red";
import { createRteClient } from "../../lib/rte/client.js";
import type { Subject } from "../../lib/rte/subject.js";
import type { Login } from "../../lib/rte/login.js";
import type { RteClient } from "../../lib/rte/types.js";
import { onceDeployed } from "../shared/deploys.js";
import { perRuntime } from "../shared/runtime.js";
import { MAX_WAIT_MS, Place, type User } from "./place.js";
import { itemKey, lasting, nodeOf, type Progress } from "./progress.js";
import type { Reporter } from "./reporter.js";

/** Refused subscriptions of a node of which it is remembered since when their events are lost. */
const MAX_REFUSED = 1000;

/** A client and the nodes that use it. */
export class SharedClient {
  readonly client: RteClient;
  /** Until when each node had got every event on the connection before this one, or in another run. */
  progress: Progress = {};
  private readonly users = new Map<string, User | Place>();
  /** Nodes that are there and will join, with the time until which another connection had read for them. */
  private readonly expected = new Map<string, number | undefined>();
  private isRetired = false;
  /** Places on the connection before this one. */
  private readonly inherited: Map<string, User | Place>;

  /**
   * @param fingerprint the same for the same connection
   * @param reporter of the present connection node; it changes with each deploy
   * @param predecessor the connection whose nodes come to this one
   */
  constructor(
    login: Login,
    readonly fingerprint: string,
    public reporter: Reporter,
    private predecessor?: SharedClient,
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

  /** Takes over until when each node had got every event; what concerns nodes that are not there, for a while. */
  recall(progress: Progress): void {
    this.progress = lasting(progress, (id) => this.expected.has(id) || this.users.has(id));
  }

  private forget(id: string): void {
    for (const key of Object.keys(this.progress)) if (nodeOf(key) === id) delete this.progress[key];
  }

  /** Adds a node, or puts it in its old place; the first one opens the connection. */
  join(id: string, subscriber: User, subjects: readonly Subject[]): void {
    const isFirst = this.users.size === 0;
    const user = this.users.get(id);
    this.users.set(id, subscriber);
    const elsewhereMs = this.expected.get(id);
    this.expected.delete(id);
    if (user) this.client.replace(user, subscriber);
    else this.client.add(subscriber);
    const place = user ?? this.inheritedPlace(id, elsewhereMs);
    const times = [
      place instanceof Place ? place.lostSinceMs() : undefined,
      // Where it was served elsewhere meanwhile, an earlier time on this connection is out of date.
      user ? undefined : ((place ? undefined : elsewhereMs) ?? this.progress[id]),
    ];
    const lostSinceMs = times.filter((ms) => ms !== undefined).sort((one, other) => one - other)[0];
    void this.client.setSubscriptions(subscriber, subjects, lostSinceMs);
    for (const subject of subjects) {
      const sinceMs = this.progress[itemKey(id, subject)];
      if (sinceMs !== undefined) this.client.setLost(subscriber, subject, sinceMs);
    }
    this.forget(id);
    if (place instanceof Place) {
      // What another connection was losing and this one is not asked for.
      if (!user) void this.predecessor?.client.setSubscriptions(place, subjects);
      place.handOver(subscriber, subjects);
    }
    if (isFirst) this.client.open();
  }

  /** Taken once, and not where another connection has served the node since. */
  private inheritedPlace(id: string, elsewhereMs = 0): User | Place | undefined {
    const place = this.inherited.get(id);
    this.inherited.delete(id);
    return place instanceof Place && elsewhereMs > (place.readUntilMs ?? Infinity) ? undefined : place;
  }

  /** A deploy begins: what a node sent from now on might find nobody behind it, so that it waits. */
  suspend(): void {
    for (const [id, user] of this.users) {
      if (user instanceof Place) {
        if (user.owner === undefined || !user.isPassing) continue;
        this.giveBack(id, user, user.owner);
      }
      this.keepPlace(id);
    }
  }

  /** The deploy is done: the nodes that were not deployed again go on. */
  resume(): void {
    for (const [id, user] of this.users)
      if (user instanceof Place && user.owner !== undefined) this.giveBack(id, user, user.owner);
  }

  private keepPlace(id: string): Place | undefined {
    const user = this.users.get(id);
    if (user === undefined || user instanceof Place) return user;
    const place = new Place(user, this.client.completeUntilMs(user));
    this.users.set(id, place);
    this.client.replace(user, place);
    return place;
  }

  private giveBack(id: string, place: Place, owner: User): void {
    this.users.set(id, owner);
    this.client.replace(place, owner);
    place.handOver(owner);
    const lostSinceMs = place.lostSinceMs();
    if (lostSinceMs !== undefined)
      void this.client.setSubscriptions(owner, this.client.subscriptionsOf(owner), lostSinceMs);
  }

  /**
   * A node is being deployed again: its place is kept.
   * @returns until when it has got every event; undefined for one without subscriptions
   */
  hold(id: string): number | undefined {
    this.expected.delete(id);
    const place = this.keepPlace(id);
    if (place?.owner === undefined) return undefined;
    place.abandon();
    return place.readUntilMs;
  }

  /** A node is gone; the last one closes the connection. */
  async leave(id: string): Promise<void> {
    const user = this.users.get(id);
    this.expected.delete(id);
    this.forget(id);
    if (user === undefined) return;
    // Node-RED removes what is disabled, too: when it comes back, its gap begins where events were being lost.
    const lostSinceMs = this.client.lostSinceMs(user);
    if (lostSinceMs !== undefined) this.recall({ ...this.progress, [id]: lostSinceMs });
    this.users.delete(id);
    if (user instanceof Place) user.drop();
    this.client.remove(user);
    if (this.users.size === 0) await this.client.close();
  }

  /**
   * Ends the client for good: another one takes over the nodes.
   * @returns until when each has got every event
   */
  async retire(): Promise<Progress> {
    this.isRetired = true;
    // No node joins any more; clients of earlier settings are not kept by later ones.
    this.predecessor = undefined;
    this.inherited.clear();
    await this.client.close();
    // What waits in a place is handed over, too.
    return { ...this.progress, ...this.progressBy((_user, readUntilMs) => readUntilMs) };
  }

  /** A deploy is done: the places of nodes that are not there again are given up. */
  async leaveUnclaimed(): Promise<void> {
    if (this.isRetired) return;
    const unclaimed = [...this.users].filter(
      ([id, user]) => user instanceof Place && user.owner === undefined && !this.expected.has(id),
    );
    await Promise.all(unclaimed.map(([id]) => this.leave(id)));
  }

  /** Until when each node has got every event; one without subscriptions is left out. What has not joined yet is kept. */
  currentProgress(): Progress {
    return {
      ...this.progress,
      ...this.progressBy((user, ms) => (user instanceof Place ? Math.min(ms, user.readUntilMs ?? ms) : ms)),
    };
  }

  private progressBy(read: (user: User | Place, readUntilMs: number) => number): Progress {
    const progress: Progress = {};
    for (const [id, user] of this.users) {
      const readUntilMs = this.client.completeUntilMs(user);
      if (readUntilMs !== undefined) progress[id] = read(user, readUntilMs);
      for (const { subject, sinceMs } of this.client.refusedSince(user).slice(0, MAX_REFUSED))
        progress[itemKey(id, subject)] = sinceMs;
    }
    return progress;
  }
}

interface Parked {
  shared: SharedClient;
  forget: () => void;
}
/** Clients whose connection node is being deployed again, by its id. */
const parkedIn = perRuntime((RED) => {
  const parked = new Map<string, Parked>();
  // The flows stop, and no deploy starts them again.
  RED.events.on("runtime-event", ({ id, payload }: { id: string; payload?: { state?: string; deploy?: boolean } }) => {
    if (id === "runtime-state" && payload?.state === "stop" && payload.deploy !== true) closeAll(parked);
  });
  return parked;
});

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
