/** What happens when, played ahead without waiting. */

/** Acts in the order of their time; those of one moment in the order in which they were planned. */
export class Timeline {
  private readonly todo: { atMs: number; order: number; act: () => void }[] = [];
  private order = 0;
  /** The time of the act that is played, milliseconds since the begin. */
  nowMs = 0;

  /** Plans an act. @param atMs milliseconds since the begin */
  at(atMs: number, act: () => void): void {
    this.todo.push({ atMs, order: this.order++, act });
  }

  /** Plans an act for so many milliseconds from now. */
  in(ms: number, act: () => void): void {
    this.at(this.nowMs + ms, act);
  }

  /** Plays all that is planned, and what that plans. */
  play(): void {
    for (;;) {
      this.todo.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      const next = this.todo.shift();
      if (next === undefined) return;
      this.nowMs = next.atMs;
      next.act();
    }
  }
}
