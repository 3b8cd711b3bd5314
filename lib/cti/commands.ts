/** The body of `POST /api/command` (vendor document, Fire Commands). */
import { refused } from "./errors.js";
import { sipAddress, telNumber } from "./addresses.js";
import { COMMANDS, COMMAND_NAMES, type CommandName, type EnumStyle, enumName } from "./tables.js";

/** A command ready to be sent. */
export interface Command {
  readonly name: CommandName;
  readonly imAddress: string;
  /** `tel:+…`, with `Dial` only. */
  readonly number?: string;
}

/** What goes over the wire. */
export interface CommandBody {
  ImAddress: string;
  commandType: CommandName | number;
  number?: string;
}

/**
 * Checks a command before anything is sent.
 * @param wanted values of settings or message: the command by name in any case, or by number
 * @throws ContactCenterError `EINVALID` whose `cause.field` is `commandType`, `ImAddress` or `number`
 */
export function readCommand(wanted: { command?: unknown; imAddress?: unknown; number?: unknown }): Command {
  const name = enumName(COMMANDS, wanted.command) as CommandName;
  if (!COMMAND_NAMES.includes(name)) {
    const key = wanted.command === undefined || wanted.command === "" ? "no-command" : "command";
    // The value is not repeated: a message may hold anything there.
    throw refused(
      `cti.errors.${key}`,
      { vendor: "anywhere365", operation: "command", field: "commandType" },
      { names: COMMAND_NAMES.join(", ") },
    );
  }
  const imAddress = sipAddress(wanted.imAddress, name);
  return COMMANDS[name].needsNumber ? { name, imAddress, number: telNumber(wanted.number, name) } : { name, imAddress };
}

/** Writes a command in the broker's spelling. */
export function commandBody(command: Command, style: EnumStyle): CommandBody {
  return {
    ImAddress: command.imAddress,
    commandType: style === "number" ? COMMANDS[command.name].number : command.name,
    ...(command.number !== undefined && { number: command.number }),
  };
}
