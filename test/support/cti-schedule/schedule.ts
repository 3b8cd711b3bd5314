/** A schedule of faults at a CTI Broker, made of a seed: agents, a kind of broker, and what goes wrong when. */
import type { CtiClient, SubscribeRequest, UnsubscribeResult } from "../../lib/cti/client.js";
import { Subscriber } from "../../lib/cti/subscriber.js";
import type { SubscriptionIds } from "../../lib/cti/subscription-ids.js";
import { SubscriptionManager } from "../../lib/cti/subscriptions.js";
import { failure } from "./fake-cti-broker.js";
import type { VirtualClock } from "./virtual-clock.js";

/** The kinds of broker. */
export const KINDS = ["fast", "serial", "limited", "refusing", "idempotent"] as const;
type Kind = (typeof KINDS)[number];

/** What a run has shown. */
export interface ScheduleReport {
  seed: number;
  kind: Kind;
  agents: number;
  requests: number;
  /** Requests within the worst minute, and how many are allowed. */
  worstMinute: number;
  allowed: number;
  mostAtOnce: number;
  parallel: number;
  /** Agents without the subscription that they should have at the end. */
  missing: number;
  /** Subscriptions that the broker holds and nobody knows, and how many may be there because their answer got lost. */
  orphans: number;
  lostAnswers: number;
}

const FAULTS = ["ECONNREFUSED", 502, 503, "silent", "flapping", "forget", "losing", "deploy", "quiet"] as const;
const PHASES = 6;
const PHASE_MS = 30_000;
/** Time without faults at the end, in which everything must come right. */
const CALM_MS = 180_000;
const RENEW_MS = 120_000;
const TIMEOUT_MS = 10_000;

/** Mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

class ScheduledBroker implements Pick<CtiClient, "subscribe" | "unsubscribe" | "test"> {
  readonly held = new Map<string, string>();
  /** When requests came, milliseconds. */
  readonly times: number[] = [];
  mostAtOnce = 0;
  lostAnswers = 0;
  fault: (typeof FAULTS)[number] = "quiet";
  private running = 0;
  private count = 0;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly kind: Kind,
    private readonly refused: string,
    private readonly random: () => number,
  ) {}

  subscribe({ imAddress = "" }: SubscribeRequest): Promise<string> {
    return this.answer(() => {
      if (this.kind === "refusing" && imAddress === this.refused) throw failure(503);
      const id = this.kind === "idempotent" ? `id-${imAddress}` : `id-${++this.count}`;
      this.held.set(id, imAddress);
      return id;
    }, true);
  }

  unsubscribe(id: string): Promise<UnsubscribeResult> {
    return this.answer(() => (this.held.delete(id) ? "ended" : "unknown"), false);
  }

  async test(): Promise<void> {
    await this.answer(() => undefined, false);
  }

  private async answer<T>(work: () => T, makes: boolean): Promise<T> {
    this.times.push(Date.now());
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.running);
    try {
      await this.delay();
      const isLost = makes && this.fault === "losing" && this.random() < 0.3;
      const result = work();
      if (!isLost) return result;
      this.lostAnswers++;
      throw failure("ECONNRESET");
    } finally {
      this.running--;
    }
  }

  private async delay(): Promise<void> {
    const { fault } = this;
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
    if (fault === "flapping" && this.random() < 0.7) throw failure(503);
    if (this.kind === "limited" && this.running > 8) throw failure(503);
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What of a run breaks the law; empty when nothing does. */
export function violations(report: ScheduleReport): string[] {
  const { worstMinute, allowed, mostAtOnce, parallel, missing, orphans, lostAnswers } = report;
  return [
    worstMinute > allowed && `${worstMinute} requests in a minute, ${allowed} allowed`,
    mostAtOnce > parallel && `${mostAtOnce} at once, ${parallel} allowed`,
    missing > 0 && `${missing} agents without a subscription`,
    orphans > lostAnswers && `${orphans} subscriptions that nobody knows, ${lostAnswers} answers lost`,
  ].filter((one) => one !== false);
}

/** Runs one schedule. */
export async function runSchedule(seed: number, clock: VirtualClock, most = 2000): Promise<ScheduleReport> {
  const random = randomOf(seed);
  const kind = KINDS[seed % KINDS.length] as Kind;
  const agents = Math.max(1, Math.round(most ** random()));
  const parallel = kind === "limited" && random() < 0.3 ? 16 : 4;
  const addresses = Array.from({ length: agents }, (_, at) => `sip:agent${at}@contoso.example`);
  const broker = new ScheduledBroker(kind, addresses[0] as string, random);
  const manager = new SubscriptionManager({
    client: broker,
    store: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    parallel: () => parallel,
    backoff: { random },
  });
  manager.allSubscribersExpected();
  const open = (): Subscriber => {
    const subscriber = new Subscriber(manager, { callback: { url: "http://x" }, renewMs: RENEW_MS });
    void subscriber.start(addresses);
    return subscriber;
  };
  let subscriber = open();
  for (let phase = 0; phase < PHASES; phase++) {
    broker.fault = FAULTS[Math.floor(random() * FAULTS.length)] as (typeof FAULTS)[number];
    if (broker.fault === "forget") broker.held.clear();
    if (broker.fault === "deploy") {
      void subscriber.close(1800, true);
      await clock.pass(100);
      subscriber = open();
      manager.allSubscribersExpected();
    }
    await clock.pass(PHASE_MS * random());
  }
  broker.fault = "quiet";
  await clock.pass(CALM_MS);
  const rows = subscriber.list().filter(({ imAddress }) => kind !== "refusing" || imAddress !== addresses[0]);
  const { ids } = manager as unknown as { ids: SubscriptionIds };
  const report = {
    ...{ seed, kind, agents, parallel, requests: broker.times.length, mostAtOnce: broker.mostAtOnce },
    worstMinute: worstMinute(broker.times),
    allowed: 3 * agents + 60,
    missing: rows.filter(({ subscriptionId = "" }) => !broker.held.has(subscriptionId)).length,
    orphans: [...broker.held.keys()].filter((id) => ids.ownerOf(id) === undefined).length,
    lostAnswers: broker.lostAnswers,
  };
  await manager.close();
  return report;
}

function worstMinute(times: readonly number[]): number {
  let worst = 0;
  let from = 0;
  for (const [at, time] of times.entries()) {
    while (time - (times[from] as number) >= 60_000) from++;
    worst = Math.max(worst, at - from + 1);
  }
  return worst;
}
