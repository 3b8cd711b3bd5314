/** What a part of a help page that is made from a table gets from the build. */
import type { Sentences } from "../../../lib/core/errors.js";

/** Reads `locales/<language>/<name>.json` of the vendor, in the language of the page. */
export type HelpSentences = (name: string) => Sentences;

/** Makes the part. */
export type HelpPart = (sentences: HelpSentences) => string;
