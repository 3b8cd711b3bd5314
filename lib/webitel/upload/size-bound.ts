/** How large a request may be: learnt from those that were refused as too large, and from those that were accepted. */

/** Bytes of a body at most: common proxies refuse more than 1 MB. */
const MAX_BYTES = 1_000_000;
/** Bodies of as many rows differ by so much. */
const ABOUT = 1.1;

/** The bound of one run. A refusal that what was accepted contradicts was not about the size, whatever it said. */
export class SizeBound {
  private most = MAX_BYTES;
  private accepted = 0;
  private refused = Infinity;

  /** A body of several members has so many bytes at most. */
  get bytes(): number {
    return this.most;
  }

  /** True for a body as large as one that was accepted. */
  isProved(bytes: number): boolean {
    return bytes <= this.accepted;
  }

  noteAccepted(bytes: number): void {
    this.accepted = Math.max(this.accepted, bytes);
    if (bytes < this.refused) return;
    this.refused = Infinity;
    this.most = MAX_BYTES;
  }

  /** @param isAlone it has one member, which no bound makes smaller */
  noteRefused(bytes: number, isAlone: boolean): void {
    // What was not sent because of the bound says nothing of the server.
    if ((bytes > this.most && !isAlone) || bytes <= this.accepted * ABOUT) return;
    this.refused = Math.min(this.refused, bytes);
    if (!isAlone) this.most = Math.min(this.most, Math.max(Math.floor(bytes / 2), this.accepted));
  }
}
