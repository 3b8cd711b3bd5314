/** The form of `webitel-attempt-result`: a typed input for each field of the result. */
import { ATTEMPT_FIELDS } from "../../../lib/webitel/tables.js";
import { input, typedInput } from "../../shared/editor/fields.js";
import { addForm } from "../../shared/editor/index.js";
import { offerIds } from "../../shared/editor/known-ids.js";
import { type SavedStatus, savedStatus } from "../settings.js";
import { JSON_TYPES, TYPES_OF_KIND } from "./types.js";

const TYPE = "webitel-attempt-result";

/** A node of a flow of an earlier version has its status where the editor puts the badge: from now on it is saved elsewhere. */
RED.events.on("nodes:add", (node) => {
  if (node.type !== TYPE) return;
  const { status, statusType } = savedStatus(node as SavedStatus);
  Object.assign(node, { outcome: status, outcomeType: statusType, _def: withoutStatus(node["_def"] as Definition) });
  delete node["status"];
  delete node["statusType"];
});

interface Definition {
  defaults: Record<string, unknown>;
}

/** A definition with which the editor saves no badge as a setting. */
function withoutStatus(definition: Definition): Definition {
  const { status: _status, statusType: _statusType, ...defaults } = definition.defaults;
  return { ...definition, defaults };
}

addForm(TYPE, {
  prepare(node) {
    for (const { setting, kind } of ATTEMPT_FIELDS)
      typedInput(node, setting === "status" ? "outcome" : setting, TYPES_OF_KIND[kind]);
    typedInput(node, "result", JSON_TYPES);
    offerIds(input("queue"), "queues");
  },
});
