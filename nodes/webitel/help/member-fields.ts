/** The list of a member's fields in the upload's help, from the table. */
import { MAX_COMMUNICATIONS, MEMBER_FIELDS, VARIABLE_PREFIX } from "../../../lib/webitel/tables.js";
import type { HelpSentences } from "../../shared/help/sentences.js";

/** @param sentences reads a file of sentences in the language of the page */
export default (sentences: HelpSentences): string => {
  const { kind, numbered } = sentences("help") as { kind: Record<string, string>; numbered: string };
  const rows = MEMBER_FIELDS.map((field) => {
    const [second, last] = [`${field.name}2`, `${field.name}${MAX_COMMUNICATIONS}`];
    const more = "numbered" in field ? ` (${numbered.replace("__second__", second).replace("__last__", last)})` : "";
    return `<li><code>${field.name}</code>${more}: ${kind[field.kind]}</li>`;
  });
  return `${[...rows, `<li><code>${VARIABLE_PREFIX}&lt;name&gt;</code>: ${kind["text"]}</li>`].join("\n")}\n`;
};
