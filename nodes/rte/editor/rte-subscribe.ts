/** The form of `rte-subscribe`: a sortable list of event and entity. */
import { isIdOrVariable } from "../../shared/editor/definition.js";
import { addForm } from "../../shared/editor/index.js";
import { entered, SWITCH_TYPES, typedInput } from "../../shared/editor/fields.js";
import { offerIds } from "../../shared/editor/known-ids.js";
import { type EditableList, editableList } from "../../shared/editor/list.js";
import type { EditorNode } from "../../shared/editor/red.js";
import { eventPicker, groupOf, meaningOf } from "./event-picker.js";

/** The list of the open dialog, of which there is one. */
let subscriptions: EditableList | undefined;

/** Whose ids fit the events of a group. */
const KINDS: Readonly<Record<string, readonly string[]>> = { User: ["users"], Queue: ["queues"], CallList: [] };

/** The event is picked from the catalogue; what it means, and whose id it needs, is said while typing. */
function explain(node: EditorNode, event: JQuery, entity: JQuery, row: JQuery): void {
  const meaning = $("<div>", { class: "cc-hint" }).appendTo(row);
  const refresh = (): void => {
    const name = entered(event);
    entity.attr("placeholder", node._(`rte-subscribe.entity.${groupOf(name) ?? "User"}`));
    meaning.text(name === "" ? "" : (meaningOf(node, name) ?? node._("rte-subscribe.hint.none")));
    const id = entered(entity).trim();
    // A row that was just added has neither.
    const isMissing = id === "" && name !== "";
    const isWrong = isMissing || (id !== "" && !isIdOrVariable(id));
    entity.toggleClass("input-error", isWrong);
    row.children(".cc-warning").remove();
    if (isWrong)
      $("<div>", { class: "cc-hint cc-warning", role: "alert" })
        .text(node._(`rte-subscribe.hint.${isMissing ? "no-id" : "guid"}`, { id }))
        .appendTo(row);
  };
  event.attr("placeholder", node._("rte-subscribe.hint.event")).on("input change", refresh);
  entity.on("input change", refresh);
  offerIds(entity, () => KINDS[groupOf(entered(event)) ?? ""] ?? ["users", "queues"]);
  eventPicker(node, event, refresh);
  refresh();
}

addForm("rte-subscribe", {
  prepare(node) {
    // A flow made by hand may lack what an editor always saves.
    node["active"] = String((node["active"] as string | boolean | undefined) ?? "true");
    node["activeType"] ??= "bool";
    typedInput(node, "active", SWITCH_TYPES);
    subscriptions = editableList($("#cc-subscriptions"), node["subscriptions"], {
      add: node._("rte-subscribe.form.add"),
      empty: node._("rte-subscribe.empty.subscriptions"),
      columns: [
        { property: "eventName", label: node._("rte-subscribe.form.event") },
        { property: "entityId", label: node._("rte-subscribe.form.entity") },
      ],
      onRow: ({ eventName = $(), entityId = $() }, row) => explain(node, eventName, entityId, row),
    });
  },
  save(node) {
    node["subscriptions"] = subscriptions?.items() ?? [];
  },
});
