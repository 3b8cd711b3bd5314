/** Times as the sidebar shows them. */

/** A time in three digits, or in whole milliseconds: `0.412 ms`, `22 ms`, `4001 ms`. @param ms milliseconds */
export function milliseconds(ms: number): string {
  return `${ms < 1000 ? Number(ms.toPrecision(3)) : Math.round(ms)} ms`;
}
