/** How much memory inputs hold that wait: a flow that sends faster than a server takes would end the process. */
import { refused } from "../errors.js";

/** Bytes, about, that inputs of one node may hold while they wait. */
export const MAX_HELD_BYTES = 256_000_000;

/** What the inputs of one node hold. */
export class HeldMemory {
  private bytes = 0;

  /**
   * Holds so many bytes.
   * @returns gives them back; calling it again does nothing
   * @throws ContactCenterError `EINVALID` when too much is held already
   */
  hold(bytes: number): () => void {
    if (this.bytes + bytes > MAX_HELD_BYTES)
      throw refused(
        "webitel.errors.waiting",
        { vendor: "webitel", operation: "upload", field: "payload" },
        { megabytes: Math.round(this.bytes / 1e6), most: MAX_HELD_BYTES / 1e6 },
      );
    this.bytes += bytes;
    let left = bytes;
    return () => {
      this.bytes -= left;
      left = 0;
    };
  }
}
