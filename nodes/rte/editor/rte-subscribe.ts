/** The form of `rte-subscribe`: a sortable list of entity and event. */
import { addForm } from "../../shared/editor/index.js";
import { type EditorNode } from "../../shared/editor/red.js";
import { typedInput } from "../../shared/editor/typed.js";
import { eventPicker, groupOf, meaningOf } from "./event-picker.js";

interface Subscription {
  entityId: string;
  eventName: string;
}

const LIST = "#cc-rte-subscriptions";
const ACTIVE_TYPES = ["bool", "env", "flow", "global", "jsonata"] as const;

function fillRow(node: EditorNode, row: JQuery, { entityId = "", eventName = "" }: Partial<Subscription>): void {
  const box = $("<div>", { class: "cc-item" }).appendTo(row);
  const event = $("<input>", {
    type: "text",
    class: "cc-rte-event",
    style: "flex: 1 1 45%; min-width: 0",
    "aria-label": node._("rte-subscribe.form.event"),
    placeholder: node._("rte-subscribe.hint.event"),
  }).appendTo(box);
  const entity = $("<input>", {
    type: "text",
    class: "cc-rte-entity",
    style: "flex: 1 1 55%; min-width: 0",
    "aria-label": node._("rte-subscribe.form.entity"),
  }).appendTo(box);
  const meaning = $("<div>", { class: "cc-hint", style: "margin: 2px 0 0" }).appendTo(row);
  event.val(eventName);
  entity.val(entityId);
  const refresh = (): void => {
    const name = String(event.val());
    const group = groupOf(name);
    entity.attr("placeholder", node._(`rte-subscribe.entity.${group ?? "User"}`));
    meaning.text(name === "" ? "" : (meaningOf(node, name) ?? node._("rte-subscribe.hint.none")));
  };
  event.on("input change", refresh);
  eventPicker(node, event, () => {
    refresh();
    entity.trigger("focus");
  });
  refresh();
}

function readRow(row: JQuery): Subscription {
  const text = (css: string): string => String(row.find(css).val() ?? "").trim();
  return { entityId: text(".cc-rte-entity"), eventName: text(".cc-rte-event") };
}

addForm("rte-subscribe", {
  prepare(node) {
    // A flow made by hand may lack what an editor always saves.
    node["active"] = String((node["active"] as string | boolean | undefined) ?? "true");
    node["activeType"] ??= "bool";
    typedInput(node, "active", ACTIVE_TYPES);
    const list = $(LIST);
    list.editableList<Partial<Subscription>>({
      sortable: true,
      removable: true,
      height: "auto",
      addButton: node._("rte-subscribe.form.add"),
      addItem: (row, _index, item) => fillRow(node, row, item),
    });
    const saved = node["subscriptions"];
    for (const item of Array.isArray(saved) ? (saved as Subscription[]) : []) list.editableList("addItem", item);
  },
  save(node) {
    node["subscriptions"] = $(LIST)
      .editableList("items")
      .toArray()
      .map((row) => readRow($(row)))
      .filter(({ entityId, eventName }) => entityId !== "" || eventName !== "");
  },
});
