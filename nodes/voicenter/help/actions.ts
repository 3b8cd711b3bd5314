/** What each action requires, in the help, from the table that the node works with. */
import { isNeeded } from "../../../lib/voicenter/answer.js";
import { ACTION_FIELDS, type AnswerFieldName, fieldsOf } from "../../../lib/voicenter/tables.js";
import type { HelpSentences } from "../../shared/help/sentences.js";

type NamedAction = keyof typeof ACTION_FIELDS;

/** @param sentences reads a file of sentences in the language of the page */
export default (sentences: HelpSentences): string => {
  const { action } = sentences("help") as { action: string };
  const rows = (Object.keys(ACTION_FIELDS) as NamedAction[]).map((name) => {
    const names = fieldsOf(name).map((field): AnswerFieldName => field.name);
    const isRequired = (field: AnswerFieldName): boolean => isNeeded(name, field);
    const list = (fields: AnswerFieldName[]): string => fields.map((field) => `<code>${field}</code>`).join(", ");
    const sentence = action
      .replace("__required__", list(names.filter(isRequired)))
      .replace("__optional__", list(names.filter((field) => !isRequired(field))));
    return `<li><code>${name}</code>: ${sentence}</li>`;
  });
  return `${rows.join("\n")}\n`;
};
