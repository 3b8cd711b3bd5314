/** Lines of a text that comes in parts. */

/** Characters of the longest line; of longer ones the end is lost. */
const LONGEST_LINE = 200_000;

/** Puts lines together, and keeps no more of one than {@link LONGEST_LINE} characters. */
export class LineReader {
  private begun = "";

  /** @param onLine called with each line that has ended */
  constructor(private readonly onLine: (line: string) => void) {}

  /** The next part. */
  add(text: string): void {
    const [first = "", ...more] = text.split("\n");
    this.begun = (this.begun + first).slice(0, LONGEST_LINE);
    for (const line of more) {
      this.onLine(this.begun);
      this.begun = line.slice(0, LONGEST_LINE);
    }
  }
}
