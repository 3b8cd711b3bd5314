/** Subscriptions at a broker without a network, in virtual time: opened, killed and started again at will. */
import os from "node:os";
import { type Clock, install } from "@sinonjs/fake-timers";
import { ContactCenterError } from "../../lib/core/errors.js";
import type { Gap } from "../../lib/cti/gaps.js";
import { Subscriber, type SubscriptionRow } from "../../lib/cti/subscriber.js";
import type { StoredSubscriptions } from "../../lib/cti/subscription-store.js";
import { storeOfBroker } from "../../lib/cti/former-address.js";
import { SubscriptionManager } from "../../lib/cti/subscriptions.js";
import { resetSteady } from "./steady.js";
import { FakeBroker } from "./fake-cti-broker.js";

export const ANNA = "sip:anna@contoso.example";
export const BART = "sip:bart@contoso.example";
/** Where events are posted to. */
export const CALLBACK = "http://x/y";

/** The code of a row's error. */
export function codeOf(row: SubscriptionRow | undefined): unknown {
  return row?.error instanceof ContactCenterError ? row.error.code : row?.error;
}

const { uptime } = os;

/** What a test works with; new for each test. */
export class SubscriptionTest {
  clock!: Clock;
  broker!: FakeBroker;
  /** What the processes have written. */
  stored: StoredSubscriptions | undefined;
  /** True while nothing can be written. */
  isDiskFull = false;
  /** Address of the broker, for the processes to come. */
  url = "http://broker";
  managers: SubscriptionManager[] = [];
  readonly gaps: Gap[] = [];
  private readonly kills = new Map<SubscriptionManager, () => void>();

  /** Prepares each test of the suite in which it is called. */
  constructor() {
    beforeEach(() => {
      this.clock = install();
      // The machine runs as long as the process, whatever its clock is set to.
      os.uptime = () => performance.now() / 1000;
      resetSteady();
      this.broker = new FakeBroker();
      this.stored = undefined;
      this.isDiskFull = false;
      this.url = "http://broker";
      this.managers = [];
      this.gaps.length = 0;
    });
    afterEach(async () => {
      for (const manager of this.managers) await manager.close();
      this.clock.uninstall();
      os.uptime = uptime;
      resetSteady();
    });
  }

  /** A process that takes over what was stored. */
  readonly manage = (parallel = 4): SubscriptionManager => {
    let isAlive = true;
    const manager = new SubscriptionManager({
      client: this.broker,
      store: storeOfBroker(
        {
          load: () => Promise.resolve(structuredClone(this.stored)),
          save: (state) => {
            if (this.isDiskFull) return Promise.resolve("failed");
            if (isAlive) this.stored = structuredClone(state);
            return Promise.resolve("saved");
          },
          noteReceived: (received) => {
            if (isAlive && this.stored) this.stored.received = received;
          },
        },
        this.url,
      ),
      parallel: () => parallel,
      backoff: { random: () => 1 },
    });
    this.managers.push(manager);
    this.kills.set(manager, () => (isAlive = false));
    manager.allSubscribersExpected();
    return manager;
  };

  /** The process ends at once: nothing is sent or written any more. */
  readonly kill = (manager: SubscriptionManager): void => {
    this.kills.get(manager)?.();
    void manager.close();
  };

  readonly open = (manager: SubscriptionManager, renewMs = 0, url = CALLBACK): Subscriber =>
    new Subscriber(manager, { callback: { url }, renewMs, onGap: (gap) => this.gaps.push(gap) });

  /** A process with one subscriber, whose subscriptions are made. */
  readonly started = async (
    agents: string[],
    renewMs = 0,
  ): Promise<{ manager: SubscriptionManager; one: Subscriber }> => {
    const manager = this.manage();
    const one = this.open(manager, renewMs);
    void one.start(agents);
    await this.clock.tickAsync(200);
    return { manager, one };
  };

  /** The ids that are stored. */
  readonly ids = (): string[] => Object.values(this.stored?.held ?? {}).flatMap(({ id }) => id ?? []);
}
