/** Lines of a text, whatever ends them: `\r\n`, `\n` and `\r`, mixed too. */

/** The lines of a text. */
export const linesOf = (text: string): string[] => text.split(/\r\n|\n|\r/);

/** Counts the line breaks of a text that comes in pieces. */
export class LineBreaks {
  private afterReturn = false;

  /** @param count those before the first piece */
  constructor(public count = 0) {}

  /** Takes the next piece of the text. */
  add(text: string): void {
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1))
      if (at > 0 ? text[at - 1] !== "\r" : !this.afterReturn) this.count++;
    for (let at = text.indexOf("\r"); at !== -1; at = text.indexOf("\r", at + 1)) this.count++;
    if (text !== "") this.afterReturn = text.endsWith("\r");
  }
}
