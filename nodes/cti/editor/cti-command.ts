/** The form of `cti-command`: the vendor's commands, and only the fields that the chosen one needs. */
import { COMMANDS, COMMAND_NAMES, type CommandName } from "../../../lib/cti/tables.js";
import { addForm } from "../../shared/editor/index.js";
import { entered, input, TEXT_TYPES, typedInput } from "../../shared/editor/fields.js";
import { textSetting } from "./callback.js";

addForm("cti-command", {
  prepare(node) {
    const choice = input("command");
    $("<option>").val("").text(node._("cti-command.choice.command.message")).appendTo(choice);
    for (const name of COMMAND_NAMES)
      $("<option>")
        .val(name)
        .text(`${name} – ${node._(`cti.commands.${name}`)}`)
        .appendTo(choice);
    choice.val(textSetting(node, "command"));
    for (const setting of ["imAddress", "number"]) typedInput(node, setting, TEXT_TYPES);
    const refresh = (): void => {
      const chosen = entered(choice) as CommandName | "";
      $(".cc-number").toggle(chosen === "" || COMMANDS[chosen].needsNumber);
      $(".cc-heartbeat").toggle(chosen === "" || chosen === "AgentLogin");
    };
    choice.on("change", refresh);
    refresh();
  },
});
