/** The requests about the subscription of one entry, each when it is its turn. */
import { STEADY } from "../core/clock.js";
import type { BrokerRequests } from "./broker-requests.js";
import type { CtiClient, UnsubscribeResult } from "./client.js";
import { type Entry, subscribeRequest } from "./entry.js";
import type { PendingUnsubscribes } from "./removals.js";
import type { Priority } from "./request-queue.js";
import type { SendingEntries } from "./sending-entries.js";

/** What {@link EntryTurns} work with. */
export interface EntryTurnsOptions {
  client: Pick<CtiClient, "subscribe" | "unsubscribe">;
  requests: Pick<BrokerRequests, "inTurn" | "send" | "unsubscribe" | "replacing">;
  removals: Pick<PendingUnsubscribes, "busy">;
  sending: Pick<SendingEntries, "add" | "delete">;
  isWanted: (entry: Entry) => boolean;
}

/** The turns of the entries of one broker. */
export class EntryTurns {
  constructor(private readonly options: EntryTurnsOptions) {}

  /** Makes a subscription. @returns undefined when nobody wants it any more */
  subscribe(entry: Entry): Promise<string | undefined> {
    const { requests, sending, isWanted } = this.options;
    sending.delete(entry);
    requests.replacing.delete(entry.key);
    entry.sending = requests.inTurn(
      () => this.send(entry),
      priorityOf(entry),
      () => isWanted(entry),
    );
    return entry.sending;
  }

  /**
   * Ends the subscription of an entry that gets another one then.
   * @param onSent called when it is sent
   * @returns undefined when nobody wants it any more, and nothing was sent
   */
  unsubscribe(entry: Entry, id: string, onSent: () => void): Promise<UnsubscribeResult | undefined> {
    const { client, requests, isWanted } = this.options;
    const send = async (): Promise<UnsubscribeResult | undefined> => {
      if (!isWanted(entry)) return undefined;
      // The second request has to leave soon.
      requests.replacing.add(entry.key);
      onSent();
      return requests.unsubscribe(id, "ended", () => client.unsubscribe(id));
    };
    return requests.inTurn(send, priorityOf(entry), () => isWanted(entry));
  }

  private async send(entry: Entry): Promise<string | undefined> {
    const { client, requests, removals, sending, isWanted } = this.options;
    if (!isWanted(entry)) return undefined;
    sending.add(entry);
    const busy = removals.busy(entry.key);
    // Without a wait it counts as sent at once.
    if (busy.length > 0) await Promise.all(busy);
    entry.sendingSince = STEADY.now();
    if (entry.id !== undefined) requests.replacing.add(entry.key);
    return requests.send("subscribe", entry.key, () => client.subscribe(subscribeRequest(entry)));
  }
}

function priorityOf({ id, isInDoubt, isAsked }: Entry): Priority {
  return id === undefined ? "missing" : isInDoubt ? "check" : isAsked ? "asked" : "renewal";
}
