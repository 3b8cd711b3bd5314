/** Rows that cannot be read, as far as they can be shown: whoever copies or writes one that is rejected must not fail at it. */
import { isRecord, jsonOf, messageOf } from "../../core/values.js";

/** What throws, in words. */
const said = (error: unknown): string => `[${messageOf(error).split("\n")[0]}]`;

/** A value, or why it cannot be read or written as JSON. */
function readable(read: () => unknown): unknown {
  try {
    const value = read();
    jsonOf(value);
    return value;
  } catch (error) {
    return said(error);
  }
}

/** A row as it came, or, where it cannot be written as JSON, its properties, with the reason in the place of those that cannot. */
export function readableRow(row: unknown): unknown {
  try {
    jsonOf(row);
    return row;
  } catch (error) {
    try {
      if (!isRecord(row)) return said(error);
      return Object.fromEntries(Object.keys(row).map((name) => [name, readable(() => row[name])]));
    } catch {
      return said(error);
    }
  }
}
