/** Numbers that were seen in a run, so that nobody is called twice because a list has him twice. */
import type { Member } from "../types.js";

/** Up to so many digits a number is kept as a number behind a leading 1, which takes a third of the memory of text. */
const EXACT_DIGITS = 15;

/** Shorter numbers are extensions: there `00` is no international prefix. */
const INTERNATIONAL_DIGITS = 9;

/** What numbers are compared by: digits alone, so that `+380 44`, `00380 44` and `380-44` are one; an address without regard to case. */
function keyOf(destination: string): number | string {
  if (/[a-z@]/i.test(destination)) return ownCopy(destination.toLowerCase());
  const all = destination.replace(/\D/g, "");
  const digits = all.startsWith("00") && all.length >= INTERNATIONAL_DIGITS ? all.slice(2) : all;
  return digits.length <= EXACT_DIGITS ? Number(`1${digits}`) : ownCopy(digits);
}

/** A part of a text keeps all of the text in memory; joined and cut again it is a text of its own. */
const ownCopy = (part: string): string => ` ${part}`.slice(1);

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
