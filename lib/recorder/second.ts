/** How many runs of a second are recorded: what recording costs has a bound, however many calls and events come. */

/** The second that is going on. It begins with the first run behind the one before. */
export class Second {
  /** As `performance.now()` has it. */
  private startedAt = -Infinity;
  private runs = 0;
  private events = 0;

  /** @param most runs of a second; half of them may be events, since calls have to find room among these */
  constructor(private readonly most: number) {}

  /** A run begins. @returns false where there are too many */
  takes(isCaller: boolean): boolean {
    const now = performance.now();
    if (now - this.startedAt >= 1000) {
      this.startedAt = now;
      this.runs = this.events = 0;
    }
    if (!isCaller && ++this.events > this.most / 2) return false;
    return ++this.runs <= this.most;
  }
}
