/** Lists that people write as one text. */

/**
 * A semicolon that parts two items: nothing follows it, or an address. Any other one may begin a parameter of a SIP address
 * (`sip:name@domain;transport=tcp`).
 */
const SEMICOLON = ";(?=[\\s;,]|$)|;(?=[^\\s;,]*@)";
const BETWEEN_LINES = new RegExp(`[,\\n]|${SEMICOLON}`);
const BETWEEN_WORDS = new RegExp(`[\\s,]+|${SEMICOLON}`);

/** Items with commas, semicolons or lines between; blanks around them and empty ones are left out. */
export function itemsOf(text: string): string[] {
  return withoutEmptyItems(text.split(BETWEEN_LINES).map((item) => item.trim()));
}

/** As {@link itemsOf}, also with blanks between. */
export function wordsOf(text: string): string[] {
  return withoutEmptyItems(text.split(BETWEEN_WORDS));
}

function withoutEmptyItems(items: string[]): string[] {
  return items.filter((item) => item !== "");
}
