/** Times as the sidebar shows them. */

/** Hours of the day from 0 to 23, whatever the language: as a list of calls is read. */
const CLOCK = { hourCycle: "h23" } as const;

/** The time of the day. @param at in ISO 8601 */
export function clockTime(at: string): string {
  return new Date(at).toLocaleTimeString([], CLOCK);
}

/** The day and the time. @param at in ISO 8601 */
export function dayAndTime(at: string): string {
  return new Date(at).toLocaleString([], CLOCK);
}

/** A time in three digits, or in whole milliseconds: `0.412 ms`, `22 ms`, `4001 ms`. @param ms milliseconds */
export function milliseconds(ms: number): string {
  return `${ms < 1000 ? Number(ms.toPrecision(3)) : Math.round(ms)} ms`;
}
