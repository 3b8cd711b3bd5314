/** Where an upload's rows come from: a list, or messages that come one by one; see `csv-source.ts` for files and texts. */
import { createHash } from "node:crypto";
import { isRecord, jsonOf } from "../../core/values.js";
import type { Delimiter } from "../csv-format.js";
import { type ContactCenterError } from "../errors.js";
import { giveWay } from "./give-way.js";
import type { InputRow } from "./rows.js";

/** What a first pass over an input finds out. */
export interface Measure {
  /** Hash of the content: the same input has the same. "" for what cannot be read twice. */
  fingerprint: string;
  /** About how many rows; undefined when unknown. */
  rows?: number;
}

/** An input. */
export interface RowSource {
  /** Names of a CSV's columns, once its header was read; of a list, those of all its items, once it was measured. */
  readonly columns?: readonly string[] | undefined;
  /** What separates a CSV's columns, once its header was read. */
  readonly delimiter?: Delimiter | undefined;
  /** Reads the input once. @throws ContactCenterError when it cannot be read or is no text */
  measure(): Promise<Measure>;
  /** The rows in their order, a handful at a time; each call reads from the start. */
  rows(): AsyncIterable<readonly InputRow[]>;
  /** Ends reading at once: what waits for rows or a measure fails with the reason. To be called when the rows are no longer needed. */
  close(reason?: ContactCenterError): void;
}

/** Items that are passed on before the event loop is yielded. */
const SLICE = 100;

async function* inSlices<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let at = 0; at < items.length; at += SLICE) {
    yield items.slice(at, at + SLICE);
    await giveWay();
  }
}

/** An item as text, for a hash; what cannot be written as JSON does not stop the others. */
export function lineOf(item: unknown): string {
  try {
    // What is no JSON at all, such as undefined, has none.
    const text: unknown = jsonOf(item);
    return typeof text === "string" ? text : String(item);
  } catch {
    return typeof item;
  }
}

/** The names of an item's properties; none of what cannot be read, whose row is rejected. */
function namesOf(item: unknown): string[] {
  try {
    return isRecord(item) ? Object.keys(item) : [];
  } catch {
    return [];
  }
}

/** A list in memory, which nobody changes, or which is still being copied. */
export function listSource(list: readonly unknown[] | Promise<readonly unknown[]>): RowSource {
  const columns = new Set<string>();
  let measured: Promise<Measure> | undefined;
  const measure = async (): Promise<Measure> => {
    const hash = createHash("sha256");
    const items = await list;
    for await (const slice of inSlices(items))
      for (const item of slice) {
        hash.update(`${lineOf(item)}\n`);
        // Items may leave out what they have not.
        for (const name of namesOf(item)) columns.add(name);
      }
    return { fingerprint: hash.digest("base64url"), rows: items.length };
  };
  return {
    get columns() {
      return columns.size > 0 ? [...columns] : undefined;
    },
    measure: () => (measured ??= measure()),
    async *rows() {
      for await (const slice of inSlices(await list)) yield slice.map((data) => ({ data }));
    },
    close: () => undefined,
  };
}

/** Rows of one message of a stream. */
interface Pushed {
  rows: readonly InputRow[] | Promise<readonly InputRow[]>;
  /** Called when they are passed on, or never will be. */
  release: () => void;
}

/** Rows that are pushed in one by one. They cannot be read twice, so a run over them cannot be resumed after a restart. */
export class QueueSource implements RowSource {
  private pushed: Pushed[] = [];
  private ended = false;
  private failure: ContactCenterError | undefined;
  private wake: (() => void) | undefined;

  /** @param release called once when the rows are passed on, or will not be */
  push(rows: Pushed["rows"], release: () => void = () => undefined): void {
    this.pushed.push({ rows, release });
    if (this.ended) release();
    this.wake?.();
  }

  /** No more rows. */
  end(): void {
    this.ended = true;
    this.wake?.();
  }

  /** No more rows, and an error after those that came. */
  fail(error: ContactCenterError): void {
    this.failure = error;
    this.end();
  }

  close(reason?: ContactCenterError): void {
    for (const { release } of this.pushed) release();
    if (reason) this.fail(reason);
    else this.end();
  }

  measure(): Promise<Measure> {
    return Promise.resolve({ fingerprint: "" });
  }

  async *rows(): AsyncGenerator<readonly InputRow[]> {
    while (!this.ended || this.pushed.length > 0) {
      const taken = this.pushed;
      this.pushed = [];
      yield* this.passedOn(taken);
      if (!this.ended && this.pushed.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
    }
    if (this.failure) throw this.failure;
  }

  /** Some at a time, as messages mostly have one row. */
  private async *passedOn(taken: readonly Pushed[]): AsyncGenerator<readonly InputRow[]> {
    try {
      for (let at = 0; at < taken.length; at += SLICE) {
        const some = taken.slice(at, at + SLICE);
        const rows = await Promise.all(some.map(async (one) => one.rows));
        yield* inSlices(rows.flat());
        for (const { release } of some) release();
      }
    } finally {
      for (const { release } of taken) release();
    }
  }
}
