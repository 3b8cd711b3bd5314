/** Copies of what a message brings: its flow may use its objects again while they wait, or are being loaded. */
import { types } from "node:util";
import { withoutMap } from "../../core/values.js";

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

/** Copies rows. What cannot be copied goes along as it is. */
export function copyRows(rows: readonly unknown[]): Copied<unknown[]> {
  const copier = new Copier();
  const copy = rows.map((row) => copier.row(row));
  return { copy, bytes: copier.bytes + rows.length * PROPERTY_BYTES };
}

/** Copies one value. */
export function copyOf(value: unknown): unknown {
  return new Copier().row(value);
}
