/** The rows of the command table in the help, made from the table that the node works with. */
import { COMMANDS, COMMAND_NAMES } from "../../../lib/cti/tables.js";
import type { HelpSentences } from "../../shared/help/sentences.js";

/** @param sentences reads a file of sentences in the language of the page */
export default (sentences: HelpSentences): string => {
  const { command, needs } = sentences("help") as { command: Record<string, string>; needs: string };
  const rows = COMMAND_NAMES.map((name) => {
    const { number, needsNumber } = COMMANDS[name];
    const fields = ["ImAddress", ...(needsNumber ? ["number"] : [])].map((field) => `<code>${field}</code>`).join(", ");
    return `<dt>${name} <span class="property-type">${number}</span></dt>\n<dd>${needs.replace("__fields__", fields)} ${command[name]}</dd>`;
  });
  return `${rows.join("\n")}\n`;
};
