/** A sortable list whose items have one choice and one typed value. */
import type { EditorNode, InputType } from "./red.js";
import { typedValue } from "./typed.js";

/** An item as it is saved. */
export type Item = Record<string, unknown>;

/** What a list's items look like. */
export interface ItemListOptions {
  /** The property that is chosen, and from what. */
  choice: string;
  choices: readonly string[];
  /** The property that is typed; its type is saved as `<value>Type`. */
  value: string;
  types: readonly InputType[];
  /** What may be entered, for a choice. */
  hint(choice: string): string;
}

/** A list in an open dialog. */
export interface ItemList {
  /** The items as they are to be saved, in order. */
  items(): Item[];
}

/**
 * Fills a list.
 * @param element an `<ol>` of the form
 * @param saved the saved items; anything but a list counts as empty
 */
export function itemList(node: EditorNode, element: JQuery, saved: unknown, options: ItemListOptions): ItemList {
  const changed = (): void => void $("#dialog-form").trigger("cc-change");
  element.editableList<Item>({
    sortable: true,
    removable: true,
    height: "auto",
    addButton: node._(`${node.type}.add.${options.choice}`),
    addItem(row, _index, item) {
      const box = $("<div>", { class: "cc-item" }).appendTo(row);
      const select = $("<select>", { "aria-label": options.choice }).appendTo(box);
      for (const choice of options.choices) $("<option>").val(choice).text(choice).appendTo(select);
      const wide = $("<div>", { class: "cc-item-wide" }).appendTo(box);
      const value = $("<input>", { type: "text", style: "width: 100%" }).appendTo(wide);
      const {
        [options.choice]: chosen = options.choices[0],
        [options.value]: text = "",
        [`${options.value}Type`]: type = "str",
      } = item;
      select.val(String(chosen));
      value.typedInput({ default: String(type), types: options.types });
      value.typedInput("type", String(type));
      value.typedInput("value", String(text));
      const hint = (): void =>
        void value
          .next(".red-ui-typedInput-container")
          .find("input")
          .attr("placeholder", options.hint(String(select.val())));
      select.on("change", () => {
        hint();
        changed();
      });
      value.on("change", changed);
      hint();
      row.data("cc-read", (): Item => {
        const typed = typedValue(value);
        return {
          [options.choice]: String(select.val()),
          [options.value]: typed.value,
          [`${options.value}Type`]: typed.type,
        };
      });
    },
    removeItem: changed,
    sortItems: changed,
  });
  for (const item of Array.isArray(saved) ? (saved as Item[]) : []) element.editableList("addItem", item);
  return {
    items: () =>
      element
        .editableList("items")
        .toArray()
        .map((row) => ($(row).data("cc-read") as () => Item)()),
  };
}
