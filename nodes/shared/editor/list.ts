/** An editable list whose rows have a few fields: a choice, a text, or a typed value each. */
import { nameButtons } from "./buttons.js";
import { entered, typedValue } from "./fields.js";
import type { InputType } from "./red.js";

/** A row as it is saved. */
export type Item = Record<string, string>;

/** One field of each row. */
export interface Column {
  property: string;
  /** Shown while the field is empty, and read to those who do not see it. */
  label: string;
  /** Makes it a select. */
  choices?: readonly string[];
  /** Makes it a typed input, saved with `<property>Type`. */
  types?: readonly InputType[];
  /** Id of a datalist with proposals. */
  datalist?: string;
}

/** What a list looks like. */
interface ListOptions {
  columns: readonly Column[];
  /** Text of the button that adds a row. */
  add: string;
  /** What a list without rows says; without it, such a list shows its button alone. */
  empty?: string;
  /** Shown between the fields. */
  between?: string;
  /** Called for each new row with its fields by property, for what only this list needs. */
  onRow?: (fields: Readonly<Record<string, JQuery>>, row: JQuery) => void;
}

/** A list in an open dialog. */
export interface EditableList {
  /** The rows as they are to be saved, in order; rows with nothing in them are left out. */
  items(): Item[];
  /** Replaces all rows. */
  set(items: readonly Item[]): void;
}

/** A field of a row, and how it is read. */
interface Field {
  element: JQuery;
  read: () => Item;
}

/**
 * Fills a list.
 * @param element an `<ol>` of the form
 * @param saved the saved rows; anything but a list counts as empty
 */
export function editableList(element: JQuery, saved: unknown, options: ListOptions): EditableList {
  const { columns, add, between, empty, onRow } = options;
  element.editableList<Item>({
    sortable: true,
    removable: true,
    height: "auto",
    addButton: add,
    addItem(row, _index, item) {
      const box = $("<div>", { class: "cc-item" }).appendTo(row);
      const fields = columns.map((column, at) => {
        if (at > 0 && between !== undefined) $("<span>", { "aria-hidden": "true" }).text(between).appendTo(box);
        return addField(box, column, item);
      });
      row.data("cc-read", (): Item => Object.assign({}, ...fields.map(({ read }) => read())) as Item);
      onRow?.(Object.fromEntries(columns.map(({ property }, at) => [property, fields[at]?.element ?? $()])), row);
      nameButtons(row.parent());
    },
    removeItem: announce,
    sortItems: announce,
  });
  const list: EditableList = {
    items: () =>
      element
        .editableList("items")
        .toArray()
        .map((row) => ($(row).data("cc-read") as () => Item)())
        .filter((item) => columns.some(({ property }) => item[property] !== "")),
    set(items) {
      element.editableList("empty");
      for (const item of items) element.editableList("addItem", item);
      announce();
    },
  };
  // Where one goes on typing. The editor made the row in its own listener, before this one.
  const box = element.closest(".red-ui-editableList");
  box.children(".red-ui-editableList-addButton").on("click", () => {
    element.children().last().find(".cc-item :input:visible").first().trigger("focus");
  });
  if (empty !== undefined) box.attr("data-empty", empty);
  list.set(Array.isArray(saved) ? (saved as Item[]) : []);
  return list;
}

/** Tells the rest of the form that a list was changed. */
function announce(): void {
  $("#dialog-form").trigger("cc-change");
}

function addField(box: JQuery, column: Column, item: Item): Field {
  const { property, label, choices, types, datalist } = column;
  const cell = $("<div>", { class: choices ? "cc-choice" : "cc-field" }).appendTo(box);
  const common = { "data-property": property, "aria-label": label };
  if (choices) {
    const select = $("<select>", common).appendTo(cell);
    for (const choice of choices) $("<option>").val(choice).text(choice).appendTo(select);
    select.val(item[property] ?? choices[0] ?? "").on("change", announce);
    return { element: select, read: () => ({ [property]: entered(select) }) };
  }
  const field = $("<input>", { type: "text", placeholder: label, ...common, ...(datalist && { list: datalist }) });
  field.appendTo(cell).on("change input", announce);
  if (!types) {
    field.val(item[property] ?? "");
    return { element: field, read: () => ({ [property]: entered(field).trim() }) };
  }
  const type = item[`${property}Type`] ?? "str";
  field.typedInput({ default: type, types });
  field.typedInput("type", type);
  field.typedInput("value", item[property] ?? "");
  return {
    element: field,
    read() {
      const typed = typedValue(field);
      return { [property]: typed.value, [`${property}Type`]: typed.type };
    },
  };
}
