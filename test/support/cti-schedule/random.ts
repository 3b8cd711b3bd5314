/** Numbers that are the same for the same seed. */

/** Mulberry32. */
export class Random {
  constructor(private state: number) {}

  /** From 0 to below 1. */
  readonly next = (): number => {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };

  /** A whole number from 0 to below this. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Neighbours from a list; at least one. */
  part<T>(items: readonly T[]): T[] {
    const from = this.below(items.length);
    return items.slice(from, from + 1 + this.below(items.length - from));
  }
}
