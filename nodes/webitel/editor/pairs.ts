/** A sortable list of pairs: two texts, or a text and a typed value. */
import type { EditorNode, InputType } from "../../shared/editor/red.js";
import { typedValue } from "../../shared/editor/typed.js";

/** An item as it is saved. */
export type Pair = Record<string, string>;

/** One side of a pair. */
interface Side {
  property: string;
  /** Key of what is shown in an empty input, and read to those who do not see. */
  hint: string;
  /** Id of a datalist with proposals. */
  list?: string;
  /** Makes it a typed input, saved with `<property>Type`. */
  types?: readonly InputType[];
}

/** A list in an open dialog. */
export interface PairList {
  /** The pairs as they are to be saved, in order; pairs with nothing in them are left out. */
  items(): Pair[];
  /** Replaces all pairs. */
  set(items: readonly Pair[]): void;
}

/** Fills a list: an `<ol>` of the form. */
export function pairList(
  node: EditorNode,
  element: JQuery,
  saved: unknown,
  sides: readonly [Side, Side],
  addLabel: string,
): PairList {
  const changed = (): void => void $("#dialog-form").trigger("cc-change");
  const addSide = (box: JQuery, side: Side, item: Pair): (() => Pair) => {
    const hint = node._(side.hint);
    const wide = $("<div>", { class: "cc-item-wide", style: "flex-basis: 0" }).appendTo(box);
    const value = $("<input>", {
      type: "text",
      style: "width: 100%",
      placeholder: hint,
      "aria-label": hint,
      ...(side.list && { list: side.list }),
    }).appendTo(wide);
    const text = item[side.property] ?? "";
    value.on("change input", changed);
    if (!side.types) {
      value.val(text);
      return () => ({ [side.property]: String(value.val()).trim() });
    }
    const type = item[`${side.property}Type`] ?? "str";
    value.typedInput({ default: type, types: side.types });
    value.typedInput("type", type);
    value.typedInput("value", text);
    return () => {
      const typed = typedValue(value);
      return { [side.property]: typed.value, [`${side.property}Type`]: typed.type };
    };
  };
  element.editableList<Pair>({
    sortable: true,
    removable: true,
    height: "auto",
    addButton: addLabel,
    addItem(row, _index, item) {
      const box = $("<div>", { class: "cc-item", style: "align-items: center" }).appendTo(row);
      const [first, second] = sides;
      const readFirst = addSide(box, first, item);
      $("<span>", { class: "cc-arrow", "aria-hidden": "true" }).text("→").appendTo(box);
      const readSecond = addSide(box, second, item);
      row.data("cc-read", () => ({ ...readFirst(), ...readSecond() }));
    },
    removeItem: changed,
    sortItems: changed,
  });
  const set = (items: readonly Pair[]): void => {
    element.editableList("empty");
    for (const item of items) element.editableList("addItem", item);
    changed();
  };
  set(Array.isArray(saved) ? (saved as Pair[]) : []);
  return {
    set,
    items: () =>
      element
        .editableList("items")
        .toArray()
        .map((row) => ($(row).data("cc-read") as () => Pair)())
        .filter((pair) => sides.some(({ property }) => pair[property] !== "")),
  };
}
