/** Counts events that arrive, and reports rate and cost when all that were expected are there. */

/** One measurement. */
export interface Report {
  events: number;
  eventsPerSecond: number;
  /** Microseconds of this process's CPU per event. */
  cpuPerEvent: number;
}

/** A counter for one run after another. */
export class Counter {
  private expected = 0;
  private seen = 0;
  private startedMs = 0;
  private cpu = process.cpuUsage();

  constructor(private readonly onDone: (report: Report) => void) {}

  /** Begins a run. */
  expect(events: number): void {
    this.expected = events;
    this.seen = 0;
  }

  /** One event came. */
  count(): void {
    this.seen++;
    if (this.seen === 1) {
      this.startedMs = performance.now();
      this.cpu = process.cpuUsage();
    } else if (this.seen === this.expected) {
      const { user, system } = process.cpuUsage(this.cpu);
      const seconds = (performance.now() - this.startedMs) / 1000;
      this.onDone({
        events: this.seen,
        eventsPerSecond: (this.seen - 1) / seconds,
        cpuPerEvent: (user + system) / this.seen,
      });
    }
  }
}
