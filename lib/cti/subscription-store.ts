/** What outlives this process: ids at the broker, under keys that name neither agent nor address. */
/** Where the state of a {@link SubscriptionManager} is kept. */
export interface SubscriptionStore {
  /** @returns what was saved last; anything that is not understood counts as nothing */
  load(): Promise<unknown>;
  /** Must not reject: what cannot be written is the store's to report. */
  save(state: StoredSubscriptions): Promise<void>;
}

/** One entry in the store. */
export interface StoredEntry {
  id?: string | undefined;
  /** Since when events may be lost, Unix milliseconds. */
  lostFrom?: number | undefined;
  /** When the broker last showed that it knows the id, Unix milliseconds. */
  aliveAt?: number | undefined;
  /** Requests of the last minute that may have made a subscription of unknown id. */
  lostAnswers?: number | undefined;
}

/** The content of the store. */
export interface StoredSubscriptions {
  /** Names the broker that gave the ids, without its address. */
  broker?: string;
  /** When it was written, Unix milliseconds: until then events were received. */
  aliveAt: number;
  /** By key of the entry. */
  held: Record<string, StoredEntry>;
  /** When entries ended in good order, Unix milliseconds, by key. */
  ended: Record<string, number>;
  /** Keys by id of the subscription to end. */
  removals: Record<string, string>;
}
