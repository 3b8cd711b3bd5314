/**
 * Requests per minute that faults of the broker may cause. With the one that each agent's start asks for, they are never
 * more than three for each agent and 60.
 */

const PER_AGENT = 2;
const EXTRA_PER_MINUTE = 60;
const MINUTE_MS = 60_000;

/** The limit for the agents of one broker. */
export class RequestLimit {
  // When entries were given up, Unix milliseconds, the oldest first: their requests are within the last minute, too.
  private readonly releasedAt = new Map<string, number>();

  /** @param entries keys of the entries that there are now */
  constructor(private readonly entries: { readonly size: number; has(key: string): boolean }) {}

  /** An entry was given up. */
  released(key: string): void {
    this.releasedAt.delete(key);
    this.releasedAt.set(key, Date.now());
  }

  /** Requests that any 60 s may have. */
  perMinute(): number {
    const now = Date.now();
    for (const [key, at] of this.releasedAt) {
      if (now - at <= MINUTE_MS && !this.entries.has(key)) break;
      this.releasedAt.delete(key);
    }
    return PER_AGENT * (this.entries.size + this.releasedAt.size) + EXTRA_PER_MINUTE;
  }
}
