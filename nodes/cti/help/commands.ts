/** The rows of the command table in the help, made from the table that the node works with. */
import { COMMANDS, COMMAND_NAMES, type CommandName } from "../../../lib/cti/tables.js";

const MEANING: Readonly<Record<CommandName, string>> = {
  AgentLogin:
    "Logs the agent in. The 202 only says that the command was taken; the outcome comes as the event <code>LoggedIn</code>.",
  AgentLogout: "Logs the agent out and ends the heartbeat of this agent.",
  Dial: "Calls <code>number</code> for the agent. Sent once, whatever breaks: after a failure nobody knows whether the phone rang.",
  HeartBeat: "Says that the agent is still there. The vendor has not published when it is wanted.",
};

export default `${COMMAND_NAMES.map((name) => `<dt>${name} <span class="property-type">${COMMANDS[name].number}</span></dt>\n<dd>${MEANING[name]}</dd>`).join("\n")}\n`;
