/** The form of `webitel-attempt-result`: a typed input for each field of the result. */
import { ATTEMPT_FIELDS } from "../../../lib/webitel/tables.js";
import { input, typedInput } from "../../shared/editor/fields.js";
import { addForm } from "../../shared/editor/index.js";
import { offerIds } from "../../shared/editor/known-ids.js";
import { JSON_TYPES, TYPES_OF_KIND } from "./types.js";

addForm("webitel-attempt-result", {
  prepare(node) {
    for (const { setting, kind } of ATTEMPT_FIELDS) typedInput(node, setting, TYPES_OF_KIND[kind]);
    typedInput(node, "result", JSON_TYPES);
    offerIds(input("queue"), "queues");
  },
});
