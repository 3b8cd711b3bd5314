/** Rows to batches: numbered, mapped, read ahead. */
import { emptyRecord } from "../empty-record.js";
import type { MappingResult } from "../member.js";
import type { Member } from "../types.js";
import { readableRow } from "./readable.js";
import type { Reject } from "./report.js";
import type { InputRow, RowSet, RowValues } from "./rows.js";
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
  // What cannot be written as JSON may throw at whoever reads it; a line of CSV is text.
  return {
    row,
    ...(line !== undefined && { line }),
    code,
    reason,
    data: line === undefined ? readableRow(data) : data,
  };
}

/** Rows that are sent together, and those between them that cannot be sent. */
export interface Batch {
  number: number;
  /** Every row of the batch. */
  rows: number[];
  entries: BatchRow[];
  rejects: Reject[];
  /** Rows left out because all their numbers came earlier in the run. */
  duplicates: number;
  /** Its entries as a request's body, with the marker of the whole batch. */
  body?: Buffer | undefined;
}

/** How rows become batches. */
export interface BatchOptions {
  /** Members of a batch. */
  size: number;
  /** Number of the first batch. */
  first: number;
  toMember: (row: unknown, values?: RowValues) => MappingResult | Promise<MappingResult>;
  /** Leaves out numbers that came earlier in the run; undefined loads every row. It has to be told what became of each batch. */
  unique?: UniqueDestinations | undefined;
  /** Rows that an earlier part of this run has handled. */
  skip?: RowSet;
  /** Those of them that the server has refused. */
  refused?: RowSet | undefined;
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
  const { size, unique, skip, refused } = options;
  let row = 0;
  let number = options.first;
  const emptyBatch = (): Batch => ({ number, rows: [], entries: [], rejects: [], duplicates: 0 });
  let batch = emptyBatch();
  let broken: { error: unknown } | undefined;
  /** Rows with a number of another row of which it is not known yet whether the server takes it. */
  const waiting: BatchRow[] = [];
  let settled = 0;
  const nextBatch = (): Batch => {
    const full = batch;
    number++;
    batch = emptyBatch();
    return full;
  };
  /** Puts a row into the batch, or into the next one; returns the batch that is full. */
  const place = (at: number, input: InputRow, { member, error }: MappingResult): Batch | undefined => {
    const uncertain = options.uncertain?.has(at) === true;
    if (skip?.has(at)) {
      if (member && refused?.has(at) !== true) unique?.know(member);
      return undefined;
    }
    if (member && uncertain) unique?.know(member);
    const verdict = member && !uncertain ? (unique?.take(member) ?? "new") : undefined;
    if (member && verdict === "open") {
      waiting.push(batchRow(at, input, member));
      return undefined;
    }
    const filled = verdict === "new" ? batch.entries.length : batch.rejects.length + batch.duplicates;
    const full = filled >= size ? nextBatch() : undefined;
    batch.rows.push(at);
    if (member && verdict === "new") batch.entries.push(batchRow(at, input, member));
    else if (verdict === "duplicate") batch.duplicates++;
    else if (uncertain) batch.rejects.push(rejectOf(at, input, "UNCERTAIN", undefined));
    else batch.rejects.push(rejectOf(at, input, "EINVALID", error));
    return full;
  };
  /** Places the rows that wait once more, when others were settled meanwhile. */
  function* placeWaiting(): Generator<Batch> {
    if (!unique || unique.settled === settled) return;
    settled = unique.settled;
    for (const { row: at, input, member } of waiting.splice(0)) {
      const full = place(at, input, { member });
      if (full) yield full;
    }
  }
  /** Goes on until no more than so many rows wait. What they wait for may be in the batch. */
  async function* untilWaiting(most: number): AsyncGenerator<Batch> {
    yield* placeWaiting();
    while (waiting.length > most) {
      if (batch.rows.length > 0) yield nextBatch();
      await unique?.settledAfter(settled);
      yield* placeWaiting();
    }
  }
  for await (const rows of untilFailure(source, (error) => (broken = { error }))) {
    for (const input of rows) {
      const mapped = input.error ? input : options.toMember(input.data, input.values);
      const full = place(++row, input, mapped instanceof Promise ? await mapped : mapped);
      if (full) yield full;
    }
    if (waiting.length > 0) yield* untilWaiting(size);
  }
  yield* untilWaiting(0);
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
