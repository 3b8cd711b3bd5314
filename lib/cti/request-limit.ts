/** Requests that any minute may have: three for each agent, and 60, whoever asks for them. */

const PER_AGENT = 3;
const EXTRA_PER_MINUTE = 60;
const MINUTE_MS = 60_000;

/** The limit for the agents of one broker. */
export class RequestLimit {
  private readonly used = new Set<string>();
  // The most agents within the last minute.
  private most = 0;
  private mostAt = 0;

  /** Agents that somebody wants now. */
  get agents(): number {
    return this.used.size;
  }

  /** Somebody wants this entry. */
  add(key: string): void {
    this.used.add(key);
  }

  /** Nobody wants it any more; its requests are within the last minute, too. */
  delete(key: string): void {
    this.perMinute();
    this.used.delete(key);
  }

  /** Requests that any 60 s may have. */
  perMinute(): number {
    const now = performance.now();
    if (this.used.size >= this.most || now - this.mostAt > MINUTE_MS) {
      this.most = this.used.size;
      this.mostAt = now;
    }
    return PER_AGENT * this.most + EXTRA_PER_MINUTE;
  }
}
