/** A list of texts, edited as one text with commas, saved as a JSON array. */

/** The items of a text; blanks around and empty items are left out. */
export function splitList(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** The text of a list; a flow made by hand may hold a text already. */
export function joinList(list: unknown): string {
  return Array.isArray(list) ? list.join(", ") : typeof list === "string" ? list : "";
}
