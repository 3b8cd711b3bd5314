/** What the caller hears of an announcement's parts (vendor document, "Say Method Response Explanation"). */
import type { Part } from "./interpret-answer.js";

/** A part that can be said. */
interface Said {
  /** For the page, such as `digits 047`. */
  shown: string;
  /** For the voice. */
  spoken: string;
}

type Sayer = (content: string, language: string) => Said | undefined;

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/;

const SAYERS: Readonly<Record<string, Sayer>> = {
  Recording: (name) => (name === "" ? undefined : { shown: `recording ${name}`, spoken: "" }),
  Digits: (digits) =>
    /^[\d*#]+$/.test(digits) ? { shown: `digits ${digits}`, spoken: digits.split("").join(" ") } : undefined,
  Number: (number) => (/^-?\d+$/.test(number) ? { shown: `number ${number}`, spoken: number } : undefined),
  Date: (text, language) => whenSaid(DATE, text, `${text}T00:00:00`, { dateStyle: "long" }, language, "date"),
  DateTime: (text, language) =>
    whenSaid(DATE_TIME, text, text, { dateStyle: "long", timeStyle: "medium" }, language, "date and time"),
};

/**
 * @param language as the answer has it, such as `EN`
 * @returns undefined when the platform cannot say it: a date that is none, digits that are none, an empty file name
 */
export function say({ RecordType, Content }: Part, language: string): Said | undefined {
  return SAYERS[RecordType]?.(Content, languageTag(language));
}

/** `EN` as browsers and `Intl` write it; English when it is no language that they know. */
export function languageTag(language: string): string {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(language.toLowerCase())[0] ?? "en";
  } catch {
    return "en";
  }
}

function whenSaid(
  form: RegExp,
  text: string,
  local: string,
  style: Intl.DateTimeFormatOptions,
  language: string,
  word: string,
): Said | undefined {
  // The text has no zone: it is read and said as UTC, so that it stays what it is.
  const date = new Date(`${local}Z`);
  if (!form.test(text) || Number.isNaN(date.getTime()) || !date.toISOString().startsWith(local)) return undefined;
  return {
    shown: `${word} ${text}`,
    spoken: new Intl.DateTimeFormat(language, { ...style, timeZone: "UTC" }).format(date),
  };
}
