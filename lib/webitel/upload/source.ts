/** Where an upload's rows come from: a list, or messages that come one by one; see `csv-source.ts` for files and texts. */
import { createHash } from "node:crypto";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { isRecord, jsonOf } from "../../core/values.js";
import type { Delimiter } from "../csv-format.js";
import { type ContactCenterError } from "../errors.js";
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
const SLICE = 500;

async function* inSlices<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let at = 0; at < items.length; at += SLICE) {
    yield items.slice(at, at + SLICE);
    await yieldToEventLoop();
  }
}

/** An item as text, for a hash; what cannot be written as JSON does not stop the others. */
export function lineOf(item: unknown): string {
  try {
    return jsonOf(item);
  } catch {
    return Object.prototype.toString.call(item);
  }
}

/** A list in memory. */
export function listSource(items: readonly unknown[]): RowSource {
  const columns = new Set<string>();
  return {
    get columns() {
      return columns.size > 0 ? [...columns] : undefined;
    },
    async measure() {
      const hash = createHash("sha256");
      for await (const slice of inSlices(items))
        for (const item of slice) {
          hash.update(`${lineOf(item)}\n`);
          // Items may leave out what they have not.
          if (isRecord(item)) for (const name of Object.keys(item)) columns.add(name);
        }
      return { fingerprint: hash.digest("base64url"), rows: items.length };
    },
    async *rows() {
      for await (const slice of inSlices(items)) yield slice.map((data) => ({ data }));
    },
    close: () => undefined,
  };
}

/** Rows that are pushed in one by one. They cannot be read twice, so a run over them cannot be resumed after a restart. */
export class QueueSource implements RowSource {
  private readonly buffered: InputRow[] = [];
  private ended = false;
  private failure: ContactCenterError | undefined;
  private wake: (() => void) | undefined;

  /** @param hasOtherSettings their message asks for another queue, say: they are rejected */
  push(rows: readonly unknown[], hasOtherSettings = false): void {
    const other = { error: { key: "other-settings", field: "parts" } };
    for (const data of rows) this.buffered.push({ data, ...(hasOtherSettings && other) });
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
    if (reason) this.fail(reason);
    else this.end();
  }

  measure(): Promise<Measure> {
    return Promise.resolve({ fingerprint: "" });
  }

  async *rows(): AsyncGenerator<readonly InputRow[]> {
    while (!this.ended || this.buffered.length > 0) {
      yield* inSlices(this.buffered.splice(0));
      if (!this.ended && this.buffered.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
    }
    if (this.failure) throw this.failure;
  }
}
