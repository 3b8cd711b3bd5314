/** Numbers that were seen in a run, so that nobody is called twice because a list has him twice. */
import type { Member } from "../types.js";

/** Up to so many digits a number is kept as a number behind a leading 1, which takes a third of the memory of text. */
const EXACT_DIGITS = 15;

/** What numbers are compared by: digits alone, so that `+380 44` and `380-44` are one; an address without regard to case. */
function keyOf(destination: string): number | string {
  if (/[a-z@]/i.test(destination)) return destination.toLowerCase();
  const digits = destination.replace(/\D/g, "");
  return digits.length <= EXACT_DIGITS ? Number(`1${digits}`) : digits;
}

/** The numbers of a run. A million of them take about 50 MB. */
export class UniqueDestinations {
  private readonly seen = new Set<number | string>();

  /**
   * Removes a member's numbers that were seen before, and remembers the others.
   * @returns false when none is left
   */
  take(member: Member): boolean {
    member.communications = member.communications.filter(({ destination }) => {
      const before = this.seen.size;
      return this.seen.add(keyOf(destination)).size > before;
    });
    return member.communications.length > 0;
  }
}
