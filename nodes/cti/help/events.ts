/** The rows of the event table in the help, made from the table that the node works with. */
import { type EventFacts, EVENTS, EVENT_NAMES } from "../../../lib/cti/tables.js";
import type { HelpSentences } from "../../shared/help/sentences.js";

/** @param sentences reads a file of sentences in the language of the page */
export default (sentences: HelpSentences): string => {
  const { event } = sentences("help") as { event: Record<string, string> };
  const rows = EVENT_NAMES.map((name) => {
    const { number, state }: EventFacts = EVENTS[name];
    const normalised = state ? ` <code>msg.call.state</code>: <code>${state}</code>.` : "";
    return `<dt>${name} <span class="property-type">${number}</span></dt>\n<dd>${event[name]}${normalised}</dd>`;
  });
  return `${rows.join("\n")}\n`;
};
