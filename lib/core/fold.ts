/** Properties read without regard to case: vendors and flows spell one name in several ways. */

/**
 * The own properties of plain data by name in lower case; of two that differ in case only the first counts. Nothing of a
 * prototype is taken for data.
 * @param value anything; what is not a plain object has no properties
 * @returns by folded name: the name as it is spelled, and the value
 */
export function foldedProperties(value: unknown): Map<string, [name: string, value: unknown]> {
  const folded = new Map<string, [string, unknown]>();
  if (value === null || typeof value !== "object" || Array.isArray(value) || ArrayBuffer.isView(value)) return folded;
  for (const [name, content] of Object.entries(value)) {
    const key = name.toLowerCase();
    if (!folded.has(key)) folded.set(key, [name, content]);
  }
  return folded;
}
