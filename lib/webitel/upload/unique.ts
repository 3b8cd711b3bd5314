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

/** What is known of a member's numbers: `open` where another row under way has one of them. */
type Verdict = "new" | "duplicate" | "open";

/** The numbers of a run. A million of them take about 50 MB. */
export class UniqueDestinations {
  private readonly seen = new Set<number | string>();
  /** Those of rows that are on their way: a server may refuse them. */
  private readonly open = new Set<number | string>();
  private version = 0;
  private wake: (() => void) | undefined;

  /** Takes the numbers of a new member, and removes those that were seen before. */
  take(member: Member): Verdict {
    const { seen, open } = this;
    const numbers = member.communications.map((number) => ({ number, key: keyOf(number.destination) }));
    if (numbers.some(({ key }) => open.has(key))) return "open";
    const fresh = numbers.filter(({ key }) => !seen.has(key) && open.size < open.add(key).size);
    member.communications = fresh.map(({ number }) => number);
    return fresh.length > 0 ? "new" : "duplicate";
  }

  /** These numbers are in the queue, or may be. */
  know({ communications }: Member): void {
    for (const { destination } of communications) this.seen.add(keyOf(destination));
  }

  /** It is known what became of rows. @param refused those whose numbers are free again */
  settle(entries: readonly { row: number; member: Member }[], refused: ReadonlySet<number>): void {
    for (const { row, member } of entries) {
      for (const { destination } of member.communications) this.open.delete(keyOf(destination));
      if (!refused.has(row)) this.know(member);
    }
    this.version++;
    this.wake?.();
  }

  /** How often rows were settled. */
  get settled(): number {
    return this.version;
  }

  /** Resolves when rows were settled after so many times. */
  async settledAfter(version: number): Promise<void> {
    while (this.version === version) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}
