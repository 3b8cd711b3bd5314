/** Requests about subscriptions to one broker: in turn, as fast as the broker takes them, and only while it can be reached. */
import type { BackoffOptions } from "../http/backoff.js";
import { Availability, type Outage } from "./availability.js";
import type { ContactCenterError } from "./errors.js";
import type { Priority } from "./priority.js";
import { RequestQueue } from "./request-queue.js";

/** What {@link BrokerRequests} work with. */
export interface BrokerRequestsOptions {
  /** A request that changes nothing; rejects when it is not answered. */
  probe: () => Promise<void>;
  /** Requests at once; 4 by default. */
  parallel?: (() => number) | undefined;
  /** Requests within any 60 s, but for those that were asked for. */
  perMinute: () => number;
  /** Called when the broker is found to be away. */
  onAway: () => void;
  /** Called when it answers again. */
  onBack: (outage: Outage) => void;
  backoff?: BackoffOptions | undefined;
}

const PARALLEL = 4;
/** The longest pause between probes of a broker that is away. */
const PROBE_MAX_MS = 30_000;

/** The requests to one broker. */
export class BrokerRequests {
  /** What is being replaced: each needs a second request soon, to end the former subscription. */
  readonly replacing = new Set<string>();
  private readonly availability: Availability;
  private readonly queue: RequestQueue;

  constructor({ probe, parallel = () => PARALLEL, perMinute, onAway, onBack, backoff }: BrokerRequestsOptions) {
    this.availability = new Availability({
      probe: () => this.queue.run(probe, "probe"),
      onAway,
      onCertain: () => this.queue.next(),
      onBack,
      ...(backoff && { backoff: { ...backoff, maxMs: PROBE_MAX_MS } }),
    });
    // The next one needs a second request, too.
    const reserve = (): number => this.replacing.size + 1;
    this.queue = new RequestQueue({ parallel, perMinute, reserve, isPaused: () => this.availability.isInDoubt });
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

  /** Runs a task when it is its turn. @returns what the task returns */
  inTurn<T>(task: () => Promise<T>, priority: Priority): Promise<T> {
    return this.queue.run(task, priority);
  }

  /** Sends a request within a task; its outcome shows whether the broker can be reached, and how fast it is. */
  async send<T>(request: () => Promise<T>): Promise<T> {
    try {
      const result = await request();
      this.availability.answered();
      this.queue.speedUp();
      return result;
    } catch (error) {
      this.availability.failed(error);
      if (isOverload(error)) this.queue.slowDown();
      throw error;
    }
  }

  /** Sends nothing more. */
  close(): void {
    this.availability.close();
    this.queue.close();
  }
}

/** True where the broker, or a proxy before it, asks for fewer requests. */
function isOverload(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 429 || code === 503;
}
