/** Subscriptions that shall end: each is asked for until the broker confirms it, whatever breaks meanwhile. */
import { backoffDelay, type BackoffOptions } from "../http/backoff.js";
import type { CtiClient } from "./client.js";

/** What removals work with. */
interface PendingUnsubscribesOptions {
  client: Pick<CtiClient, "unsubscribe">;
  /** Writes down what is left; called after each change. */
  save: () => Promise<void>;
  /** True for an id that a new subscription was given again: it must not be ended. */
  isLive?: (id: string) => boolean;
  backoff?: BackoffOptions;
}

/** How long an event may be on its way, milliseconds. */
export const ON_THE_WAY_MS = 10_000;

/** Ids that are owed to the broker, each with what it said last. */
export class PendingUnsubscribes {
  private readonly pending = new Map<string, unknown>();
  /** Ids that are gone, and when they went, Unix milliseconds: events of theirs may still be on the way. */
  private readonly gone = new Map<string, number>();
  private running: Promise<void> = Promise.resolve();
  private attempt = 0;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly options: PendingUnsubscribesOptions) {}

  /** Ids that the broker has not confirmed. */
  get ids(): string[] {
    return [...this.pending.keys()];
  }

  /** Resolves when no removal is under way. */
  get idle(): Promise<void> {
    return this.running;
  }

  /** True while events of this id may still come in. */
  expects(id: string): boolean {
    const same = (mine: string): boolean => mine.toLowerCase() === id.toLowerCase();
    return this.ids.some(same) || [...this.gone].some(([mine, at]) => same(mine) && Date.now() - at < ON_THE_WAY_MS);
  }

  /** Notes an id; nothing is sent yet. */
  add(id: string): void {
    this.pending.set(id, undefined);
  }

  /** What kept an id from being removed; undefined when it is gone or was not tried. */
  errorOf(id: string): unknown {
    return this.pending.get(id);
  }

  /** Tries each once now, and what is left again later. Runs follow each other. */
  run(): Promise<void> {
    this.running = this.running.then(async () => {
      if (this.closed) return;
      clearTimeout(this.timer);
      await this.tryAll();
      if (this.pending.size === 0) this.attempt = 0;
      else if (!this.closed)
        this.timer = setTimeout(() => void this.run(), backoffDelay(this.attempt++, this.options.backoff));
    });
    return this.running;
  }

  /** Tries each once, now, beside whatever is under way. */
  async tryAll(): Promise<void> {
    for (const id of this.ids) if (this.options.isLive?.(id)) this.pending.delete(id);
    await Promise.all(this.ids.map((id) => this.tryOne(id)));
    await this.options.save();
  }

  /** Ends the repetition. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private async tryOne(id: string): Promise<void> {
    try {
      await this.options.client.unsubscribe(id);
      this.pending.delete(id);
      for (const [old, at] of this.gone) if (Date.now() - at >= ON_THE_WAY_MS) this.gone.delete(old);
      this.gone.set(id, Date.now());
    } catch (error) {
      if (this.pending.has(id)) this.pending.set(id, error);
    }
  }
}
