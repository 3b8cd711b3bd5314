/** Requests about subscriptions to one broker: in turn, as fast as the broker takes them, and only while it can be reached. */
import { STEADY } from "../core/clock.js";
import type { BackoffOptions } from "../http/backoff.js";
import { Availability, type Outage } from "./availability.js";
import { type ContactCenterError, limited } from "./errors.js";
import type { UnsubscribeResult } from "./client.js";
import { Refusals } from "./refusals.js";
import type { RequestLimit } from "./request-limit.js";
import { type Priority, RequestQueue, RESERVE } from "./request-queue.js";

/** What {@link BrokerRequests} work with. */
export interface BrokerRequestsOptions {
  /** A request that changes nothing; rejects when it is not answered. */
  probe: () => Promise<void>;
  /** Requests at once; 4 by default. */
  parallel?: (() => number) | undefined;
  limit: Pick<RequestLimit, "agents" | "perMinute">;
  /** Called for each request. */
  onSent: () => void;
  /** See {@link RequestQueueOptions.onReserved}. */
  onReserved: () => void;
  /** Called when requests begin to wait for the limit. */
  onLimited: () => void;
  /** Called when the broker is found to be away. */
  onAway: () => void;
  /** Called when it answers again. */
  onBack: (outage: Outage) => void;
  backoff?: BackoffOptions | undefined;
}

const PARALLEL = 4;
/** The longest pause between probes of a broker that is away. */
const PROBE_MAX_MS = 30_000;
/** Refusals of different subscriptions in a row after which the others wait. */
const REFUSED = 3;
/** Ends that checks leave room for: a stop soon after several kills can end so many. More would make the checks late. */
const LEFT_FOR_ENDS = 15;
/** What a kill makes the next process count too many. */
const KILL_COUNTS = 6;

/** The kinds of request. */
type Kind = "subscribe" | "unsubscribe";
/** What is not sent while requests of a kind are refused. */
const KIND_OF: Readonly<Partial<Record<Priority, Kind>>> = {
  missing: "subscribe",
  check: "subscribe",
  asked: "subscribe",
  renewal: "subscribe",
  removal: "unsubscribe",
};

/** The requests to one broker. */
export class BrokerRequests {
  /** What is being replaced: each needs a second request soon, to end the former subscription. */
  readonly replacing = new Set<string>();
  /** When the broker last took a subscription, Unix milliseconds. */
  subscribedAtMs = 0;
  private readonly availability: Availability;
  private readonly queue: RequestQueue;
  // True once the broker did not know a subscription that was replaced, until it ends one: what is missing goes first.
  private hasForgotten = false;

  // What refuses one kind of request may take the other; 429 is about all.
  private readonly refusals: Readonly<Record<Kind | "all", Refusals>>;

  constructor(options: BrokerRequestsOptions) {
    const { probe, parallel = () => PARALLEL, limit, onSent, onReserved, onLimited, onAway, onBack, backoff } = options;
    this.availability = new Availability({
      probe: () => this.queue.run(probe, "probe"),
      onAway,
      onCertain: () => this.queue.next(),
      onBack: (outage) => {
        for (const refusals of Object.values(this.refusals)) refusals.clear();
        onBack(outage);
      },
      ...(backoff && { backoff: { ...backoff, maxMs: PROBE_MAX_MS } }),
    });
    const refusalsAfter = (most: number): Refusals => new Refusals(most, () => this.queue.next(), backoff);
    this.refusals = {
      subscribe: refusalsAfter(REFUSED),
      unsubscribe: refusalsAfter(REFUSED),
      all: refusalsAfter(1),
    };
    this.queue = new RequestQueue({
      ...{ parallel, onSent, onReserved, onLimited },
      perMinute: () => limit.perMinute(),
      reserve: (priority) => {
        if (priority === "probe" || priority === "replaced") return 0;
        // What a broker has forgotten needs no end.
        const isEnded = this.hasForgotten;
        const forEnds = isEnded || priority !== "check" ? 0 : Math.min(limit.agents, LEFT_FOR_ENDS) + KILL_COUNTS;
        // What replaces another one needs a second request, too; what was asked for leaves one more, as an end leaves one.
        const own = (isEnded ? 0 : this.replacing.size) + (priority === "asked" ? 2 : 1);
        return own + forEnds + limit.agents * (RESERVE[priority] ?? 0);
      },
      isHeldBack: (priority, isWaiting) => {
        if (priority === "replaced" && this.hasForgotten && (isWaiting("missing") || isWaiting("check"))) return true;
        const kind = KIND_OF[priority];
        return this.refusals.all.isPaused || (kind !== undefined && this.refusals[kind].isPaused);
      },
      isPaused: () => this.availability.isInDoubt,
    });
  }

  /** Why the broker cannot be reached; undefined while it can, or nothing is known. */
  get awayError(): ContactCenterError | undefined {
    return this.availability.error;
  }

  /** When the broker answered or posted last, Unix milliseconds. */
  get lastSignMs(): number | undefined {
    return this.availability.lastSignMs;
  }

  /** See {@link Availability.receivedUntilMs}. */
  get receivedUntilMs(): number {
    return this.availability.receivedUntilMs;
  }

  /** The broker posted an event. */
  eventSeen(): void {
    this.availability.seen();
  }

  /** Runs a task when it is its turn, see {@link RequestQueue.run}. @returns what the task returns */
  inTurn<T>(task: () => Promise<T>, priority: Priority, isNeeded?: () => boolean): Promise<T> {
    return this.queue.run(task, priority, isNeeded);
  }

  /** Why requests wait for the limit, and until when; undefined while they do not. */
  get limitError(): ContactCenterError | undefined {
    const until = this.queue.limitedUntil;
    return until === undefined ? undefined : limited(until);
  }

  /** See {@link RequestQueue.reserve}. */
  reserve(): ReturnType<RequestQueue["reserve"]> {
    return this.queue.reserve();
  }

  /** See {@link RequestQueue.revoke}. */
  revoke(): void {
    this.queue.revoke();
  }

  /** See {@link RequestQueue.count}. */
  count(requests: number, ageMs: number): void {
    this.queue.count(requests, ageMs);
  }

  /**
   * Sends a request within a task; its outcome shows whether the broker can be reached, and how fast it is.
   * @param key of the subscription
   */
  async send<T>(kind: Kind, key: string, request: () => Promise<T>): Promise<T> {
    const { [kind]: ofKind, all } = this.refusals;
    for (const refusals of [ofKind, all]) refusals.sent();
    try {
      const result = await request();
      this.availability.answered();
      if (kind === "subscribe") this.subscribedAtMs = STEADY.now();
      this.queue.speedUp();
      for (const refusals of [ofKind, all]) refusals.worked();
      return result;
    } catch (error) {
      this.availability.failed(error);
      if (isOverload(error)) this.queue.slowDown();
      ofKind.failed(key, error);
      if ((error as { code?: unknown }).code === 429) all.failed(key, error);
      else all.ended();
      throw error;
    }
  }

  /** Sends the end of a subscription, as {@link send}. */
  async unsubscribe(
    id: string,
    priority: Priority,
    request: () => Promise<UnsubscribeResult>,
  ): Promise<UnsubscribeResult> {
    const result = await this.send("unsubscribe", id, request);
    if (result === "ended") this.hasForgotten = false;
    else if (priority === "replaced") this.hasForgotten = true;
    return result;
  }

  /** Sends nothing more. */
  close(): void {
    this.availability.close();
    for (const refusals of Object.values(this.refusals)) refusals.clear();
    this.queue.close();
  }
}

/** True where the broker, or a proxy before it, asks for fewer requests. */
function isOverload(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 429 || code === 503;
}
