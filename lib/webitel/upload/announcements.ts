/**
 * The journal's `send` lines. A disk takes milliseconds for each, so a batch is announced while earlier ones are under way: when its turn
 * comes, its line is on the disk.
 */
import type { Batch, BatchRow } from "./batches.js";
import { momentNow, passedMs } from "./clock.js";
import type { Journal } from "./journal.js";
import { toRanges } from "./rows.js";

/**
 * How much later than its line says a request may leave, in milliseconds. An older line is written again: its time says how long a server
 * may still be at the request.
 */
export const FRESH_MS = 1000;

/** The announcements of one run. */
export class Announcements {
  private readonly ahead = new Map<string, { /** As of {@link passedMs}. */ atMs: number; written: Promise<void> }>();
  private closed = false;

  constructor(
    private readonly journal: Journal,
    private readonly runId: string,
  ) {}

  /** The variable `cc_batch` of a batch, or of a part of it. */
  marker(batch: number, suffix = ""): string {
    return `${this.runId}-${batch}${suffix}`;
  }

  /** Announces batches as they are made. */
  async *announced(batches: AsyncGenerator<Batch, undefined>): AsyncGenerator<Batch, undefined> {
    for await (const batch of batches) {
      this.announce(batch);
      yield batch;
    }
    return undefined;
  }

  /**
   * Resolves when the journal says that this part is about to be sent.
   * @throws ContactCenterError as {@link Journal.append}
   */
  confirm(marker: string, batch: number, entries: readonly BatchRow[]): Promise<void> {
    const announced = this.ahead.get(marker);
    this.ahead.delete(marker);
    if (announced && passedMs() - announced.atMs < FRESH_MS) return announced.written;
    return this.write(marker, batch, entries);
  }

  /** What was announced will not be sent, so that a resume need not ask for it. */
  retract(): void {
    this.closed = true;
    for (const marker of this.ahead.keys()) this.journal.note({ no: marker });
    this.ahead.clear();
  }

  private announce({ number, entries }: Batch): void {
    if (this.closed || entries.length === 0) return;
    const marker = this.marker(number);
    const written = this.write(marker, number, entries);
    // Its failure is thrown when the batch is confirmed.
    written.catch(() => undefined);
    this.ahead.set(marker, { atMs: passedMs(), written });
  }

  private write(marker: string, batch: number, entries: readonly BatchRow[]): Promise<void> {
    const rows = toRanges(entries.map(({ row }) => row));
    return this.journal.append({ send: marker, batch, rows, ...momentNow() });
  }
}
