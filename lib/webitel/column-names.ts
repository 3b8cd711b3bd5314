/** The columns of a CSV by name. Free of node builtins, because the editor previews a sample with it. */

/** The names of a header's columns: trimmed, blank ones by their number, a second one of a name as `name (2)`. */
export function columnNames(header: readonly string[]): string[] {
  const taken = new Set<string>();
  return header.map((cell, at) => {
    // A mapping may have its accents as characters of their own, or the header.
    const name = cell.trim().normalize("NFC") || `column ${at + 1}`;
    let unique = name;
    for (let count = 2; taken.has(unique); count++) unique = `${name} (${count})`;
    taken.add(unique);
    return unique;
  });
}
