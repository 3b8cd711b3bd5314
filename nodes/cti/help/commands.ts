/** The rows of the command table in the help, made from the table that the node works with. */
import { COMMANDS, COMMAND_NAMES } from "../../../lib/cti/tables.js";
import type { HelpSentences } from "../../shared/help/sentences.js";

/** @param sentences reads a file of sentences in the language of the page */
export default (sentences: HelpSentences): string => {
  const { command } = sentences("help") as { command: Record<string, string> };
  const rows = COMMAND_NAMES.map(
    (name) => `<dt>${name} <span class="property-type">${COMMANDS[name].number}</span></dt>\n<dd>${command[name]}</dd>`,
  );
  return `${rows.join("\n")}\n`;
};
