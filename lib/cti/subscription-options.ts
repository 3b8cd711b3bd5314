/** What a {@link SubscriptionManager} works with. */
import type { BackoffOptions } from "../http/backoff.js";
import type { CtiClient } from "./client.js";
import type { SubscriptionStore } from "./subscription-store.js";

/** Options of a {@link SubscriptionManager}. */
export interface SubscriptionManagerOptions {
  client: Pick<CtiClient, "subscribe" | "unsubscribe" | "test">;
  store: SubscriptionStore;
  /** Requests at once; 4 by default. */
  parallel?: () => number;
  /** True for an id that is in use elsewhere at the same broker: a broker may hand out one id twice. */
  isUsedElsewhere?: (id: string) => boolean;
  /** Called when the broker refuses for good to end a subscription. */
  onStuck?: (error: unknown) => void;
  backoff?: BackoffOptions;
}
