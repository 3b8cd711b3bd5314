/** What keeps requests to a broker from being sent or answered, and subscriptions from being ended. */
import type { BrokerRequests } from "./broker-requests.js";
import type { Entry } from "./entry.js";
import type { ContactCenterError } from "./errors.js";
import type { PendingUnsubscribes } from "./removals.js";

/** The problems at one broker. */
export class Problems {
  constructor(
    private readonly requests: Pick<BrokerRequests, "awayError" | "lastSignMs" | "limitError">,
    private readonly removals: PendingUnsubscribes,
  ) {}

  /** Why the broker cannot be reached; undefined while it can, or nothing is known. */
  get awayError(): ContactCenterError | undefined {
    return this.requests.awayError;
  }

  /** See {@link BrokerRequests.lastSignMs}. */
  get lastSignMs(): number | undefined {
    return this.requests.lastSignMs;
  }

  /** Why requests, or that of one entry, wait for the limit, and until when; undefined while they do not. */
  limitError(entry?: Entry): ContactCenterError | undefined {
    const isSent = entry && (!entry.request || entry.sendingSince !== undefined);
    return isSent ? undefined : this.requests.limitError;
  }

  /** Why a renewal that is due waits; undefined where none does. */
  postponedBy(entry: Entry): unknown {
    return entry.isPostponed ? (this.removals.errorOfKey(entry.key) ?? entry.keptBy) : undefined;
  }

  /** True while the broker has not confirmed the end of this subscription. */
  isPending(id: string): boolean {
    return this.removals.has(id);
  }

  /** What kept a subscription from being ended. */
  errorOf(id: string): unknown {
    return this.removals.errorOf(id) ?? this.awayError ?? this.limitError();
  }

  /** Subscriptions of the agents of these entries, at whatever address, whose end the broker has not confirmed. */
  pendingOf(entries: readonly Entry[]): number {
    return new Set(entries.flatMap(({ key }) => this.removals.idsOfAgent(key))).size;
  }
}
