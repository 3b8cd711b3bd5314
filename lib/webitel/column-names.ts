/** The columns of a CSV by name. Free of node builtins, because the editor previews a sample with it. */
import { INVISIBLE } from "./numbers.js";

/**
 * The name of a CSV's column as its header shows it: without marks that nobody sees, with one blank for line breaks and blanks of any
 * kind in a row.
 */
export function columnName(cell: string): string {
  // A mapping may have its accents as characters of their own, or the header.
  return cell.replace(INVISIBLE, "").replace(/\s+/g, " ").trim().normalize("NFC");
}

/** The names of a header's columns: as {@link columnName}, blank ones by their number, a second one of a name as `name (2)`. */
export function columnNames(header: readonly string[]): string[] {
  const taken = new Set<string>();
  return header.map((cell, at) => {
    const name = columnName(cell) || `column ${at + 1}`;
    let unique = name;
    for (let count = 2; taken.has(unique); count++) unique = `${name} (${count})`;
    taken.add(unique);
    return unique;
  });
}
