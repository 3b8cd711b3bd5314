/** Fields of an open dialog: plain ones, lists of texts, and typed inputs (saved as `field` and `fieldType`, blank allowed). */
import { itemsOf } from "../../../lib/core/lists.js";
import type { EditorNode, InputType } from "./red.js";

/** The field of a setting of a node. */
export function input(setting: string): JQuery<HTMLInputElement> {
  return $(`#node-input-${setting}`);
}

/** The field of a setting of a connection. */
export function configInput(setting: string): JQuery<HTMLInputElement> {
  return $(`#node-config-input-${setting}`);
}

/** What stands in a field. */
export function entered(field: JQuery): string {
  return String(field.val() ?? "");
}

/** Fills selects that hold no choice, and shows rows with `data-when="<setting>=<choice>"` only while that choice is made. */
export function prepareChoices(dialog: JQuery): void {
  dialog.find<HTMLSelectElement>("select").each((_, select) => {
    // A flow made by hand may lack a choice; the node then works with the first one.
    if (select.selectedIndex < 0) select.selectedIndex = 0;
  });
  dialog.find("[data-when]").each((_, row) => {
    const [setting = "", choice] = String($(row).data("when")).split("=");
    const select = dialog.find(`[id$="-input-${setting}"]`);
    const refresh = (): void => void $(row).toggle(entered(select) === choice);
    select.on("change", refresh);
    refresh();
  });
}

/** Folds what is as in a new node, and opens the rest. */
export function prepareFolds(node: EditorNode, dialog: JQuery): void {
  const { defaults } = node["_def"] as { defaults: Record<string, { value?: unknown }> };
  dialog.find("details").each((_, fold) => {
    const names = [...fold.querySelectorAll("[id^=node-input-]")].map(({ id }) => id.replace("node-input-", ""));
    fold.open = names.some((name) => {
      const [value, natural] = [node[name], defaults[name]?.value] as (string | number | undefined)[];
      return value !== undefined && String(value) !== String(natural);
    });
  });
}

/** Fills the fields that hold a list of texts: with commas between in one line, else one item a line. */
export function prepareTexts(node: EditorNode, dialog: JQuery): void {
  dialog.find("[data-texts]").each((_, field) => {
    const list = node[$(field).data("texts") as string];
    // A flow made by hand may hold a text already.
    const text = typeof list === "string" ? list : "";
    $(field).val(Array.isArray(list) ? list.join(field.tagName === "TEXTAREA" ? "\n" : ", ") : text);
  });
}

/** Saves the fields that hold a list of texts. */
export function saveTexts(node: EditorNode, dialog: JQuery): void {
  dialog.find("[data-texts]").each((_, field) => {
    node[$(field).data("texts") as string] = itemsOf(entered($(field)));
  });
}

/** The types that fit most fields. */
export const TEXT_TYPES: readonly InputType[] = ["str", "msg", "flow", "global", "env", "jsonata"];
/** For fields that hold a number. */
export const NUMBER_TYPES: readonly InputType[] = ["num", "msg", "flow", "global", "env", "jsonata"];

/** For switches that the flow may set when it starts. */
export const SWITCH_TYPES: readonly InputType[] = ["bool", "env", "flow", "global", "jsonata"];

/** A literal, or where a value will come from. */
export interface Typed {
  value: string;
  type: string;
}

/**
 * Turns an input into a typed one.
 * @param node the node that is edited
 * @param setting its name; the type is kept in `<setting>Type`, whose input is made here where the form has none
 * @param types what may be chosen; the first one is the default of an empty field
 */
export function typedInput(node: EditorNode, setting: string, types: readonly InputType[]): void {
  const element = input(setting);
  if (input(`${setting}Type`).length === 0) {
    $("<input>", { type: "hidden", id: `node-input-${setting}Type` }).insertAfter(element);
  }
  const names = types.map((type) => (typeof type === "string" ? type : type.value));
  const [natural = "str"] = names;
  // An empty field shows its natural type, whatever was saved with it; a list of a flow made by hand is shown as JSON.
  const saved = (node[`${setting}Type`] as string | undefined) ?? "str";
  const value = node[setting] ?? "";
  const shown = value !== "" && names.includes(saved) ? saved : natural;
  element.typedInput({ default: shown, types, typeField: input(`${setting}Type`) });
  element.typedInput("type", shown);
  element.typedInput("value", typeof value === "string" ? value : JSON.stringify(value));
}

/** What stands in a typed input now. */
export function typedValue(element: JQuery): Typed {
  return { value: element.typedInput("value"), type: element.typedInput("type") };
}

/**
 * The value of a literal, as the node will see it.
 * @returns the value, or undefined when only the running flow can tell
 */
export function literal({ value, type }: Typed): { value: unknown } | undefined {
  if (value === "") return { value: "" };
  if (type === "str") return value.includes("${") ? undefined : { value };
  if (type === "num") return { value: Number(value) };
  if (type === "bool") return { value: value === "true" };
  if (type !== "json") return undefined;
  try {
    return { value: JSON.parse(value) as unknown };
  } catch {
    return { value };
  }
}

/** How a value that only the running flow can tell is shown. */
export function placeholder({ value, type }: Typed): string {
  return `‹${type === "str" ? value : type === "jsonata" ? value : `${type}.${value}`}›`;
}
