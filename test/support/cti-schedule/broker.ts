/** A CTI Broker without a network, of one of seven kinds, whose faults come and go; it posts an event to each subscription. */
import type { SubscribeRequest, UnsubscribeResult } from "../../../lib/cti/client.js";
import { failure } from "../fake-cti-broker.js";
import type { Random } from "./random.js";

/** The kinds of broker. */
export const KINDS = ["fast", "serial", "limited", "refusing", "idempotent", "replacing", "single"] as const;
/** One of {@link KINDS}. */
export type Kind = (typeof KINDS)[number];

/** What may be wrong with it for some time. */
export const FAULTS = ["ECONNREFUSED", 502, 503, "silent", "flapping", "forget", "losing", "quiet", "quiet"] as const;
type Fault = (typeof FAULTS)[number];

const TIMEOUT_MS = 10_000;
/** The first copy of an event is there at once, the others later, milliseconds. */
const FIRST_COPY_MS = 5;
const LAST_COPY_MS = 1500;

/** One subscription. */
export interface HeldSubscription {
  imAddress: string;
  callback: string;
}

/** Something that happened to an agent. */
export interface ScheduledEvent {
  imAddress: string;
  callId: string;
}

/** Takes an event as an endpoint does. */
export type Post = (callback: string, subscriptionId: string, event: ScheduledEvent) => void;

export class ScheduledBroker {
  readonly held = new Map<string, HeldSubscription>();
  /** When requests came, milliseconds. */
  readonly times: number[] = [];
  /** Answers that a living or dead process did not get although a subscription was made. */
  lostAnswers = 0;
  /** A broker that forgets and hands out the same ids again cannot be found out. */
  hasForgottenUnseen = false;
  post: Post = () => undefined;
  private current: Fault = "quiet";
  private running = 0;
  private count = 0;
  private last: Promise<void> = Promise.resolve();

  constructor(
    readonly kind: Kind,
    /** The agent whom a `refusing` one never takes. */
    readonly refused: string,
    private readonly random: Random,
  ) {}

  set fault(fault: Fault) {
    this.current = fault;
    if (fault !== "forget") return;
    this.held.clear();
    this.hasForgottenUnseen ||= this.kind === "idempotent";
  }

  /** @param isHeard false once the process that asks is dead */
  subscribe({ imAddress = "", callback }: SubscribeRequest, isHeard: () => boolean): Promise<string> {
    return this.answer(() => {
      if (this.kind === "refusing" && imAddress === this.refused) throw failure(503);
      for (const [known, one] of this.held) {
        if (one.imAddress !== imAddress) continue;
        // One of an agent only.
        if (this.kind === "single") throw failure(409);
        if (this.kind === "replacing") this.held.delete(known);
      }
      const id = this.kind === "idempotent" ? `id-${imAddress}` : `id-${++this.count}`;
      this.held.set(id, { imAddress, callback });
      const isLost = this.current === "losing" && this.random.next() < 0.3;
      if (isLost || !isHeard()) this.lostAnswers++;
      if (isLost) throw failure("ECONNRESET");
      return id;
    });
  }

  unsubscribe(id: string): Promise<UnsubscribeResult> {
    return this.answer(() => (this.held.delete(id) ? "ended" : "unknown"));
  }

  test(): Promise<void> {
    return this.answer(() => undefined);
  }

  /** Something happens to an agent. @returns when its last copy is posted, milliseconds from now */
  happens(event: ScheduledEvent): number {
    const told = [...this.held].filter(([, { imAddress }]) => imAddress === event.imAddress);
    const first = this.random.below(told.length);
    let last = FIRST_COPY_MS;
    for (const [at, [id, { callback }]] of told.entries()) {
      const ms = at === first ? FIRST_COPY_MS : LAST_COPY_MS * this.random.next();
      last = Math.max(last, ms);
      setTimeout(() => this.post(callback, id, event), ms);
    }
    return last;
  }

  private async answer<T>(work: () => T): Promise<T> {
    this.times.push(Date.now());
    this.running++;
    try {
      await this.delay();
      return work();
    } finally {
      this.running--;
    }
  }

  private async delay(): Promise<void> {
    const fault = this.current;
    if (fault === "ECONNREFUSED") throw failure(fault);
    if (fault === "silent") {
      await wait(TIMEOUT_MS);
      throw failure("ETIMEDOUT");
    }
    if (this.kind === "serial") {
      const turn = this.last.then(() => wait(30));
      this.last = turn;
      await turn;
    } else await wait(this.kind === "limited" ? 50 : 5);
    if (typeof fault === "number") throw failure(fault);
    if (fault === "flapping" && this.random.next() < 0.7) throw failure(503);
    if (this.kind === "limited" && this.running > 8) throw failure(503);
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
