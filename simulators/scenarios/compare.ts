/** What differs between what was expected and what came, in lines that people read. Pure. */
import { isObject } from "../values.js";

/** Characters of a value that a line shows. */
const LONGEST = 160;

/** A value as a line shows it. */
export function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/**
 * @param whole whether objects may not have more than what is expected
 * @param place where both stand, such as `answer.InitialTarget`
 * @returns a line for each difference
 */
export function differences(expected: unknown, actual: unknown, whole: boolean, place: string): string[] {
  if (Array.isArray(expected) && Array.isArray(actual)) return listDifferences(expected, actual, whole, place);
  if (!isObject(expected) || !isObject(actual)) {
    return Object.is(expected, actual) ? [] : [`${place}: expected ${shown(expected)}, got ${shown(actual)}`];
  }
  const lines = Object.entries(expected).flatMap(([name, value]) =>
    differences(value, Object.hasOwn(actual, name) ? actual[name] : undefined, whole, `${place}.${name}`),
  );
  const more = whole ? Object.keys(actual).filter((name) => !Object.hasOwn(expected, name)) : [];
  return [...lines, ...more.map((name) => `${place}.${name}: not expected, got ${shown(actual[name])}`)];
}

function listDifferences(
  expected: readonly unknown[],
  actual: readonly unknown[],
  whole: boolean,
  place: string,
): string[] {
  const lines = expected
    .slice(0, actual.length)
    .flatMap((value, at) => differences(value, actual[at], whole, `${place}[${at}]`));
  if (expected.length !== actual.length)
    lines.push(`${place}: expected ${expected.length} of them, got ${actual.length}: ${shown(actual)}`);
  return lines;
}
