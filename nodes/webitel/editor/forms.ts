/** The forms of the nodes that call Webitel's API: typed inputs, from the tables of `lib`. */
import { ATTEMPT_FIELDS, CALL_FIELDS, type RequestField } from "../../../lib/webitel/tables.js";
import { addForm } from "../../shared/editor/index.js";
import { NUMBER_TYPES, TEXT_TYPES, typedInput } from "../../shared/editor/fields.js";
import type { InputType } from "../../shared/editor/red.js";

/** For fields that hold an object. */
const JSON_TYPES: readonly InputType[] = ["json", "msg", "flow", "global", "env", "jsonata"];

const TYPES: Record<RequestField["kind"], readonly InputType[]> = {
  text: TEXT_TYPES,
  id: TEXT_TYPES,
  integer: NUMBER_TYPES,
  bool: TEXT_TYPES,
  texts: JSON_TYPES,
};

addForm("webitel-create-call", {
  prepare(node) {
    for (const { setting, kind } of CALL_FIELDS) typedInput(node, setting, TYPES[kind]);
  },
});

addForm("webitel-attempt-result", {
  prepare(node) {
    for (const { setting, kind } of ATTEMPT_FIELDS) typedInput(node, setting, TYPES[kind]);
    typedInput(node, "result", JSON_TYPES);
  },
});

addForm("webitel-agents", {
  prepare(node) {
    typedInput(node, "agentId", TEXT_TYPES);
    typedInput(node, "filters", JSON_TYPES);
  },
});
