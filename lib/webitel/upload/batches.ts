/** Rows to batches: numbered, mapped, read ahead. */
import { emptyRecord } from "../empty-record.js";
import type { MappingResult } from "../member.js";
import type { Member } from "../types.js";
import type { Reject } from "./report.js";
import type { InputRow, RowSet } from "./rows.js";
import type { UniqueDestinations } from "./unique.js";

/** A row that can be sent. */
export interface BatchRow {
  row: number;
  input: InputRow;
  member: Member;
}

function batchRow(row: number, input: InputRow, member: Member): BatchRow {
  const entry = emptyRecord() as BatchRow;
  entry.row = row;
  entry.input = input;
  entry.member = member;
  return entry;
}

/** A row that cannot be sent, or that was refused. */
export function rejectOf(
  row: number,
  { line, data }: InputRow,
  code: Reject["code"],
  reason: Reject["reason"],
): Reject {
  return { row, ...(line !== undefined && { line }), code, reason, data };
}

/** Rows that are sent together, and those between them that cannot be sent. */
export interface Batch {
  number: number;
  /** Every row of the batch, rising. */
  rows: number[];
  entries: BatchRow[];
  rejects: Reject[];
  /** Rows left out because all their numbers came earlier in the run. */
  duplicates: number;
}

/** How rows become batches. */
export interface BatchOptions {
  /** Members of a batch. */
  size: number;
  /** Number of the first batch. */
  first: number;
  toMember: (row: unknown) => MappingResult | Promise<MappingResult>;
  /** Leaves out numbers that came earlier in the run; undefined loads every row. */
  unique?: UniqueDestinations | undefined;
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
  source: AsyncIterable<readonly InputRow[]>,
  options: BatchOptions,
): AsyncGenerator<Batch, undefined> {
  let row = 0;
  let number = options.first;
  const emptyBatch = (): Batch => ({ number, rows: [], entries: [], rejects: [], duplicates: 0 });
  let batch = emptyBatch();
  let broken: { error: unknown } | undefined;
  /** Puts a row into the batch, or into the next one; returns the batch that is full. */
  const take = (input: InputRow, { member, error }: MappingResult): Batch | undefined => {
    row++;
    // A skipped row's numbers count as seen, as they did when it was handled.
    const duplicate = member !== undefined && options.unique?.take(member) === false;
    if (options.skip?.has(row)) return undefined;
    const uncertain = options.uncertain?.has(row) === true;
    const good = member !== undefined && !uncertain && !duplicate;
    const filled = good ? batch.entries.length : batch.rejects.length + batch.duplicates;
    const full = filled >= options.size ? batch : undefined;
    if (full) {
      number++;
      batch = emptyBatch();
    }
    batch.rows.push(row);
    if (good) batch.entries.push(batchRow(row, input, member));
    else if (duplicate && !uncertain) batch.duplicates++;
    else if (uncertain) batch.rejects.push(rejectOf(row, input, "UNCERTAIN", undefined));
    else batch.rejects.push(rejectOf(row, input, "EINVALID", error));
    return full;
  };
  for await (const rows of untilFailure(source, (error) => (broken = { error }))) {
    for (const input of rows) {
      const mapped = input.error ? input : options.toMember(input.data);
      const full = take(input, mapped instanceof Promise ? await mapped : mapped);
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
