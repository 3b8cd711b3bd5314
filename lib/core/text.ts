/** Text from outside, where the document says text and the wire may say anything. */

/** Text, number and boolean as text; undefined for everything else. */
export function plainText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return (typeof value === "number" && Number.isFinite(value)) || typeof value === "boolean"
    ? String(value)
    : undefined;
}

/** An integer, also where it came as numeric text; undefined for everything else. */
export function plainInteger(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}
