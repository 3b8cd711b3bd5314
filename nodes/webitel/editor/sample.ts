/** The sample in the upload's form: pasted lines or the beginning of a file. It is never saved. */
import { isRecord } from "../../../lib/core/values.js";
import { firstRecords } from "../../../lib/webitel/csv.js";
import { columnNames } from "../../../lib/webitel/column-names.js";
import { csvFormat } from "../../../lib/webitel/csv-format.js";
import { decoderOf, detectEncoding, isEncoding, type NoText } from "../../../lib/webitel/encoding.js";
import { fieldOf, isField } from "../../../lib/webitel/field-names.js";
import { linesOf } from "../../../lib/webitel/lines.js";
import { checkedRow, destinationColumns } from "../../../lib/webitel/hidden-rows.js";
import type { Mapping, RowError } from "../../../lib/webitel/member.js";
import type { Separator } from "../../../lib/webitel/tables.js";

/** What a sample holds. */
interface Sample {
  columns: string[];
  /** The first data row, as the upload will read it; undefined when there is only a header. */
  row?: { data: Record<string, unknown>; error?: RowError };
}

/** Bytes of a file that are read for a sample. */
const BEGINNING = 64 * 1024;

/** Reads a pasted text: CSV, or a member or list as JSON. @param mapping the one that is chosen */
export function readSample(text: string, separator: Separator, mapping: readonly Mapping[] = []): Sample {
  const trimmed = text.trim();
  if (trimmed === "") return { columns: [] };
  if (/^[[{]/.test(trimmed)) {
    const row = firstObject(trimmed);
    return row ? { columns: Object.keys(row), row: { data: row } } : { columns: [] };
  }
  const [header, first] = firstRecords(text, separator, 2);
  const cells = header?.cells ?? [];
  const columns = columnNames(cells);
  const { delimiter } = csvFormat(text, separator);
  const form = { delimiter, columns, destinations: destinationColumns(cells, mapping) };
  return { columns, ...(first && { row: checkedRow(form, first) }) };
}

function firstObject(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    const items = (value as { items?: unknown }).items ?? value;
    const first = Array.isArray(items) ? (items as unknown[])[0] : items;
    return isRecord(first) ? first : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The first lines of a file, decoded as the upload will decode them.
 * @param encoding the setting
 */
export async function beginningOf(
  file: File,
  encoding: string,
): Promise<{ text: string; noText?: never } | { noText: NoText; text?: never }> {
  const bytes = new Uint8Array(await file.slice(0, BEGINNING).arrayBuffer());
  const detected = detectEncoding(bytes);
  if (detected.noText) return { noText: detected.noText };
  const text = decoderOf(isEncoding(encoding) ? encoding : detected.encoding).decode(bytes);
  const lines = linesOf(text).slice(0, 12);
  return { text: /^\s*[[{]/.test(text) ? text : lines.join("\n") };
}

/** Words in headers that name a column's content, in a few languages. */
const HINTS: readonly [RegExp, string][] = [
  [/time[\s_-]*zone|часовий пояс|часовой пояс|zeitzone|zona horaria|fuseau|aikavyöhyke/i, "timezone"],
  [/phone|mobile|cell|telefon|handy|puhelin|teléfono|телефон|номер/i, "destination"],
  [/name|nimi|nombre|nom\b|имя|ім.?я|піб|фио/i, "name"],
  [/priority|prio/i, "priority"],
  [/comment|note|remark|приміт|комент/i, "description"],
  [/bucket/i, "bucket"],
];

/** A first mapping for columns: fields by their own name, then by words in the header, then variables. */
export function proposeMapping(columns: readonly string[]): (Mapping & Record<string, string>)[] {
  const taken = new Set<string>();
  /** The field, or the next of its numbers, if it is a field and free. */
  const take = (field: string | undefined): string | undefined => {
    const free =
      field === undefined
        ? undefined
        : [field, `${field}2`, `${field}3`].find((name) => isField(name) && !taken.has(name));
    if (free !== undefined) taken.add(free);
    return free;
  };
  const own = columns.map((column) => take(isField(fieldOf(column)) ? fieldOf(column) : undefined));
  return columns.flatMap((column, at) => {
    const name = column.replace(/[^\p{L}\p{N}_]+/gu, "_").replace(/^_+|_+$/g, "");
    const field =
      own[at] ??
      take(HINTS.find(([words]) => words.test(column))?.[1]) ??
      (name === "" ? undefined : take(`variables.${name}`));
    return field === undefined ? [] : [{ column, field }];
  });
}
