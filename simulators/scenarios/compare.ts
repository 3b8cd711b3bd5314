/** What differs between what was expected and what came, in lines that people read. Pure. */
import { isSecretName } from "../../lib/recorder/credential-items.js";
import { HIDDEN } from "../../lib/recorder/credentials.js";
import { withHidden } from "../../lib/recorder/hidden.js";
import { isObject } from "../values.js";

/** Characters of a value that a line shows. */
const LONGEST = 160;

/**
 * A value as a line shows it: reports of a CI server are kept, and credentials have no place in them.
 * @param isSecret it stands under a name that says that it is one
 */
export function shown(value: unknown, isSecret = false): string {
  const text = value === undefined ? "nothing" : JSON.stringify(isSecret ? HIDDEN : withHidden(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/**
 * @param whole whether objects may not have more than what is expected
 * @param place where both stand, such as `answer.InitialTarget`
 * @param isSecret as {@link shown} has it
 * @returns a line for each difference
 */
export function differences(
  expected: unknown,
  actual: unknown,
  whole: boolean,
  place: string,
  isSecret = false,
): string[] {
  if (Array.isArray(expected) && Array.isArray(actual))
    return listDifferences(expected, actual, whole, place, isSecret);
  if (!isObject(expected) || !isObject(actual)) {
    const [wanted, got] = [shown(expected, isSecret), shown(actual, isSecret)];
    return Object.is(expected, actual) ? [] : [`${place}: expected ${wanted}, got ${got}`];
  }
  const isNamed = (name: string): boolean => isSecret || isSecretName(name);
  const lines = Object.entries(expected).flatMap(([name, value]) =>
    differences(
      value,
      Object.hasOwn(actual, name) ? actual[name] : undefined,
      whole,
      `${place}.${name}`,
      isNamed(name),
    ),
  );
  const more = whole ? Object.keys(actual).filter((name) => !Object.hasOwn(expected, name)) : [];
  return [...lines, ...more.map((name) => `${place}.${name}: not expected, got ${shown(actual[name], isNamed(name))}`)];
}

function listDifferences(
  expected: readonly unknown[],
  actual: readonly unknown[],
  whole: boolean,
  place: string,
  isSecret: boolean,
): string[] {
  const lines = expected
    .slice(0, actual.length)
    .flatMap((value, at) => differences(value, actual[at], whole, `${place}[${at}]`, isSecret));
  if (expected.length !== actual.length)
    lines.push(`${place}: expected ${expected.length} of them, got ${actual.length}: ${shown(actual, isSecret)}`);
  return lines;
}
