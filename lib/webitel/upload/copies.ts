/** Copies of what a message brings: its flow may use its objects again while they wait, or are being loaded. */
import { types } from "node:util";
import { withoutMap } from "../../core/values.js";
import { giveWay } from "./give-way.js";

/** About how many bytes an object takes, and each of its properties. */
const OBJECT_BYTES = 32;
const PROPERTY_BYTES = 8;

/** A copy, and about how much memory it takes. */
export interface Copied<T> {
  copy: T;
  bytes: number;
}

/**
 * Copies lists and plain objects at all depths, dates and bytes, and a row that is an instance of a class, as database drivers give
 * them. A Map becomes an object and a Set a list, as JSON knows neither. Other instances, and what throws when it is read, stay as they
 * are.
 */
class Copier {
  bytes = 0;
  /** Within one row, by what was copied: a row may contain itself. */
  private seen: Map<object, unknown> | undefined;

  row(value: unknown): unknown {
    this.seen = undefined;
    try {
      return this.value(value, true);
    } catch {
      // Its row is rejected with the reason when it is read.
      return value;
    }
  }

  private value(value: unknown, isRow = false): unknown {
    if (typeof value === "string") this.bytes += value.length;
    if (typeof value !== "object" || value === null) return value;
    this.bytes += OBJECT_BYTES;
    const known = this.seen?.get(value);
    if (known !== undefined) return known;
    if (Array.isArray(value)) return this.list(value as unknown[]);
    if (types.isDate(value)) return new Date(value.getTime());
    if (ArrayBuffer.isView(value)) return this.view(value);
    if (types.isMap(value)) return this.fill(value, withoutMap(value) as Record<string, unknown>);
    if (types.isSet(value)) return this.list([...value]);
    const prototype = Object.getPrototypeOf(value) as object | null;
    // Another realm, as that of a function node, has an Object.prototype of its own.
    if (prototype !== null && Object.getPrototypeOf(prototype) === null) return this.fill(value, { ...value });
    const isOpaque = prototype !== null && (!isRow || "toJSON" in value || Object.keys(value).length === 0);
    return isOpaque
      ? value
      : this.fill(value, Object.create(prototype, Object.getOwnPropertyDescriptors({ ...value })));
  }

  private fill(value: object, copy: Record<string, unknown>): unknown {
    for (const name in copy) {
      const inner = copy[name];
      this.bytes += PROPERTY_BYTES;
      if (typeof inner === "string") this.bytes += inner.length;
      else if (typeof inner === "object" && inner !== null && Object.hasOwn(copy, name)) {
        (this.seen ??= new Map()).set(value, copy);
        copy[name] = this.value(inner);
      }
    }
    return copy;
  }

  private list(value: readonly unknown[]): unknown[] {
    const copy: unknown[] = [];
    (this.seen ??= new Map()).set(value, copy);
    this.bytes += value.length * PROPERTY_BYTES;
    for (const inner of value) copy.push(this.value(inner));
    return copy;
  }

  private view(value: ArrayBufferView): ArrayBufferView {
    this.bytes += value.byteLength;
    return Buffer.isBuffer(value) ? Buffer.from(value) : structuredClone(value);
  }
}

/** Copies rows, a place without a row as an undefined one. What cannot be copied goes along as it is. */
export function copyRows(rows: readonly unknown[]): Copied<unknown[]> {
  const copier = new Copier();
  const copy = Array.from(rows, (row) => copier.row(row));
  return { copy, bytes: copier.bytes + rows.length * PROPERTY_BYTES };
}

/** Rows of a list that are copied before anything else can happen: some tens of milliseconds. */
export const COPIED_AT_ONCE = 50_000;
/** Rows of a longer one that are copied before other flows have their turns. */
const SLICE = 5000;

/**
 * Copies a list: which rows it has at once, and what is in them, of a long one, in slices with turns for other flows in between.
 * @returns the copy, and about how much memory it takes, by its first rows
 */
export function copyList(rows: readonly unknown[]): Copied<Promise<readonly unknown[]>> {
  const all = Array.from(rows);
  const first = copyRows(all.slice(0, COPIED_AT_ONCE));
  if (all.length <= COPIED_AT_ONCE) return { copy: Promise.resolve(first.copy), bytes: first.bytes };
  return { copy: copyRest(all, first.copy), bytes: Math.round((first.bytes / COPIED_AT_ONCE) * all.length) };
}

async function copyRest(all: unknown[], first: readonly unknown[]): Promise<readonly unknown[]> {
  for (const [at, row] of first.entries()) all[at] = row;
  for (let at = first.length; at < all.length; at += SLICE) {
    await giveWay();
    for (const [place, row] of copyRows(all.slice(at, at + SLICE)).copy.entries()) all[at + place] = row;
  }
  return all;
}

/** Places of a list that are looked at to see whether it has rows. */
const SAMPLE = 1000;

/** True for a list of which more than nine places in ten have no row, as of one whose rows stand at their ids. */
export function isMostlyHoles(list: readonly unknown[]): boolean {
  if (list.length <= SAMPLE) return false;
  let holes = 0;
  for (let at = 0; at < SAMPLE; at++) if (!(Math.floor((at * list.length) / SAMPLE) in list)) holes++;
  return holes > SAMPLE * 0.9;
}

/** Copies one value. */
export function copyOf(value: unknown): unknown {
  return new Copier().row(value);
}
