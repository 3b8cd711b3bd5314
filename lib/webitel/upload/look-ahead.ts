/** A second reader of a text, ahead of the first one: finds where a long record ends before any of it is used. */
import type { RecordEnd, RecordScan } from "../record-end.js";
import { giveWay } from "./give-way.js";

/** Goes forwards as long as it can, so that a text with many long records is not read once for each. */
export class LookAhead {
  private pieces: AsyncGenerator<string> | undefined;
  /** Characters before the piece. */
  private start = 0;
  private piece = "";

  /** @param text reads the text from its start */
  constructor(private readonly text: () => AsyncGenerator<string>) {}

  /** Where the record ends that begins here (characters of the text). @throws what reading throws */
  async endOf(begin: number, scan: RecordScan): Promise<RecordEnd> {
    if (!this.pieces || begin < this.start) {
      this.pieces = this.text();
      this.start = 0;
      this.piece = "";
    }
    for (;;) {
      const end = scan.add(this.piece.slice(Math.max(0, begin - this.start)));
      if (end) return end;
      const { value, done } = await this.pieces.next();
      if (done) {
        this.pieces = undefined;
        return scan.end();
      }
      this.start += this.piece.length;
      this.piece = value;
      await giveWay();
    }
  }
}
