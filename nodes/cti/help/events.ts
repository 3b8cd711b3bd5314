/** The rows of the event table in the help, made from the table that the node works with. */
import { type EventFacts, EVENTS, type EventName, EVENT_NAMES } from "../../../lib/cti/tables.js";

const MEANING: Readonly<Record<EventName, string>> = {
  LoggedIn: "The result of a log-in: <code>success</code> is true when <code>callId</code> is empty.",
  LoggedOff: "The agent signed out.",
  Hunting: "The agent is offered the call.",
  Connected: "The agent took the call.",
  Disconnected: "The agent left the call.",
  OnHold: "The agent put the customer on hold.",
  Retrieve: "The call was taken off hold; <code>transferred</code> when another agent did it.",
};

function row(name: EventName): string {
  const { number, state }: EventFacts = EVENTS[name];
  return `<dt>${name} <span class="property-type">${number}</span></dt>\n<dd>${MEANING[name]}${state ? ` <code>msg.call.state</code>: <code>${state}</code>.` : ""}</dd>`;
}

export default `${EVENT_NAMES.map(row).join("\n")}\n`;
