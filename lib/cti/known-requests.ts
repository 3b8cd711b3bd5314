/**
 * How many requests the next process would know of if this one were killed now. Writes follow one another, and each may be the
 * last that is done: what is on the disk counts, and of what is on its way there the least.
 */
export class KnownRequests {
  private saved = 0;
  private writing = new Set<{ readonly total: number }>();

  /** All requests of this process that the next one would count. */
  get total(): number {
    let least = this.saved;
    for (const { total } of this.writing) least = Math.min(least, total);
    return least;
  }

  /**
   * A write begins.
   * @param total requests of this process that it counts
   * @returns what to call when it is over; `isSaved` false where it changed nothing
   */
  noteWrite(total: number): (isSaved: boolean) => void {
    const write = { total };
    const { writing } = this;
    writing.add(write);
    return (isSaved) => {
      writing.delete(write);
      // What is revoked is followed by another write, and that one counts.
      if (isSaved && writing === this.writing) this.saved = total;
    };
  }

  /** Neither what is saved nor what is being saved is worth anything any more. */
  revoke(): void {
    this.saved = 0;
    this.writing = new Set();
  }
}
