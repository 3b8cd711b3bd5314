/** Rows to batches: numbered, mapped, read ahead. */
import type { MappingResult } from "../member.js";
import type { Member } from "../types.js";
import type { Reject } from "./report.js";
import type { RowSet } from "./rows.js";

/** A row that can be sent. */
export interface BatchRow {
  row: number;
  member: Member;
  data: unknown;
}

/** Rows that are sent together, and those between them that cannot be sent. */
export interface Batch {
  number: number;
  /** Every row of the batch, rising. */
  rows: number[];
  entries: BatchRow[];
  rejects: Reject[];
}

/** How rows become batches. */
export interface BatchOptions {
  /** Members of a batch. */
  size: number;
  /** Number of the first batch. */
  first: number;
  toMember: (row: unknown) => MappingResult;
  /** Rows that an earlier part of this run has handled. */
  skip?: RowSet;
  /** Rows sent earlier with an unknown outcome, which must not be sent again. */
  uncertain?: RowSet;
}

/**
 * Gathers rows. A batch is full when another good row comes: bad rows behind the last good one belong to it, so that the number of
 * batches is the number of requests. As many bad rows as fill a batch make one of their own, so that memory is bounded.
 */
export async function* batches(
  source: AsyncIterable<readonly unknown[]>,
  options: BatchOptions,
): AsyncGenerator<Batch, undefined> {
  let row = 0;
  let number = options.first;
  let batch: Batch = { number, rows: [], entries: [], rejects: [] };
  let broken: { error: unknown } | undefined;
  const take = (data: unknown): Batch | undefined => {
    row++;
    if (options.skip?.has(row)) return undefined;
    const { member, error } = options.toMember(data);
    const uncertain = options.uncertain?.has(row) === true;
    const good = member !== undefined && !uncertain;
    const full = (good ? batch.entries.length : batch.rejects.length) >= options.size ? batch : undefined;
    if (full) batch = { number: ++number, rows: [], entries: [], rejects: [] };
    batch.rows.push(row);
    if (uncertain) batch.rejects.push({ row, code: "UNCERTAIN", reason: undefined, data });
    else if (member) batch.entries.push({ row, member, data });
    else batch.rejects.push({ row, code: "EINVALID", reason: error, data });
    return full;
  };
  for await (const rows of untilFailure(source, (error) => (broken = { error }))) {
    for (const data of rows) {
      const full = take(data);
      if (full) yield full;
    }
  }
  if (batch.rows.length > 0) yield batch;
  // An input that breaks in the middle does not take the good rows before the break with it.
  if (broken) throw broken.error;
  return undefined;
}

async function* untilFailure<T>(source: AsyncIterable<T>, onBroken: (error: unknown) => void): AsyncGenerator<T> {
  try {
    yield* source;
  } catch (error) {
    onBroken(error);
  }
}

/** Reads ahead: keeps so many items on the way while earlier ones are worked on. */
export class ReadAhead<T> {
  private readonly coming: Promise<IteratorResult<T, undefined>>[] = [];

  constructor(
    private readonly source: AsyncGenerator<T, undefined>,
    depth: number,
  ) {
    for (let i = 0; i < depth; i++) this.pull();
  }

  /** The next item, or undefined when there is none. An async generator serves its callers in turn. */
  async take(): Promise<T | undefined> {
    const next = this.coming.shift() as Promise<IteratorResult<T, undefined>>;
    this.pull();
    const { done, value } = await next;
    return done === true ? undefined : value;
  }

  /** Stops reading; what was read is forgotten. */
  close(): void {
    void this.source.return(undefined).catch(() => undefined);
  }

  private pull(): void {
    const next = this.source.next();
    // `take` throws the failure; until then it must not count as unhandled.
    next.catch(() => undefined);
    this.coming.push(next);
  }
}
