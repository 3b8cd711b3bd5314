/** The header of a CSV, checked before anything is sent: one clear sentence instead of a rejected row per person. */
import { columnName } from "./column-names.js";
import { refused } from "./errors.js";
import { doubledField, fieldOf, mappableField, quoted } from "./field-names.js";
import type { MappingOptions } from "./member.js";
import { COMMUNICATIONS, MAX_COMMUNICATIONS } from "./tables.js";

/** Characters of a header that are shown in an error. */
const SHOWN = 200;

/** The header for an error's sentence. Digits are hidden: where the header is missing, this is somebody's number. */
function shown(header: readonly string[]): string {
  const text = header.map((name) => name.trim().replace(/\d{4,}/g, "…")).join(" | ");
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/**
 * Checks a header against a mapping.
 * @param header its cells
 * @param options the upload's mapping and defaults
 * @throws ContactCenterError `EINVALID` when letters were lost, a mapped column is missing, a column that is used is there twice, two columns lead to one field, no
 * column leads to a destination, or there are more numbers than a member may have
 */
export function checkHeader(header: readonly string[], options: Pick<MappingOptions, "mapping" | "defaults">): void {
  const names = header.map(columnName);
  const { mapping, defaults } = options;
  const fail = (key: string, columns: readonly string[] = [], name = ""): never => {
    throw refused(
      `webitel.errors.header.${key}`,
      { vendor: "webitel", operation: "upload", field: "source", columns: [...columns] },
      { columns: quoted(columns), header: shown(header), name },
    );
  };
  if (names.some((name) => name.includes("\uFFFD"))) fail("encoding");
  if (mapping.length > 0) {
    const columns = [...new Set(mapping.map(({ column }) => column))];
    const missing = columns.filter((column) => !names.includes(column));
    if (missing.length > 0) fail("missing", missing);
    const twice = columns.filter((column) => names.filter((name) => name === column).length > 1);
    if (twice.length > 0) fail("twice", twice);
    return;
  }
  const fields = names.map(mappableField);
  const tooMany = names.filter((name) => Number(/^destination(\d+)$/i.exec(name)?.[1] ?? 0) > MAX_COMMUNICATIONS);
  if (tooMany.length > 0) fail("too-many", tooMany);
  const twice = names.filter((name, at) => fields[at] !== undefined && names.indexOf(name) !== at);
  if (twice.length > 0) fail("twice", twice);
  const doubled = doubledField(
    names.flatMap((column, at) => (fields[at] === undefined ? [] : [{ column, field: fields[at] }])),
  );
  if (doubled) fail("two-columns", doubled.columns, doubled.field);
  const hasDestination = [...fields, ...defaults.map(({ field }) => field)].some((field) =>
    field?.startsWith("destination"),
  );
  // Finished members, as the file for refused rows has them.
  if (!hasDestination && !names.some((name) => fieldOf(name) === COMMUNICATIONS)) fail("no-destination");
}
