/** The form of `webitel-create-call`: a typed input for each field of the call. */
import { CALL_FIELDS } from "../../../lib/webitel/tables.js";
import { typedInput } from "../../shared/editor/fields.js";
import { addForm } from "../../shared/editor/index.js";
import { TYPES_OF_KIND } from "./types.js";

addForm("webitel-create-call", {
  prepare(node) {
    for (const { setting, kind } of CALL_FIELDS) typedInput(node, setting, TYPES_OF_KIND[kind]);
  },
});
