/** The form of `webitel-agents`: the agent and the filters. */
import { input, TEXT_TYPES, typedInput } from "../../shared/editor/fields.js";
import { addForm } from "../../shared/editor/index.js";
import { offerIds } from "../../shared/editor/known-ids.js";
import { JSON_TYPES } from "./types.js";

addForm("webitel-agents", {
  prepare(node) {
    typedInput(node, "agentId", TEXT_TYPES);
    offerIds(input("agentId"), "agents");
    typedInput(node, "filters", JSON_TYPES);
  },
});
