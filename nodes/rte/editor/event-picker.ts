/** A field for an event's name: type to search the catalogue by name or meaning, grouped, by keyboard or mouse. */
import { GROUPS } from "../../../lib/rte/tables.js";
import type { EditorNode } from "../../shared/editor/red.js";

/** Event names by group. */
const CATALOGUE: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(GROUPS).map(([group, events]) => [group, Object.keys(events)]),
);

/** The group of an event, or undefined for one that is not in the catalogue; the case does not matter. */
export function groupOf(event: string): string | undefined {
  const folded = event.trim().toLowerCase();
  return Object.entries(CATALOGUE).find(([, names]) => names.some((name) => name.toLowerCase() === folded))?.[0];
}

/** What an event means, in the reader's language. */
export function meaningOf(node: EditorNode, event: string): string | undefined {
  const folded = event.trim().toLowerCase();
  const name = Object.values(CATALOGUE)
    .flat()
    .find((each) => each.toLowerCase() === folded);
  return name === undefined ? undefined : node._(`rte-subscribe.events.${name}`);
}

/**
 * Makes a text field a picker of events. It takes other names as well.
 * @param node the node that is edited
 * @param field the text field
 * @param onPick called when an event was chosen; the field keeps the focus, so that Tab goes on to the next one
 */
export function eventPicker(node: EditorNode, field: JQuery, onPick: () => void): void {
  const id = `cc-picker-${Math.random().toString(36).slice(2)}`;
  let list: JQuery | undefined;
  let selected = -1;
  const options = (): JQuery => list?.find(".cc-picker-option") ?? $();

  const close = (): void => {
    list?.remove();
    list = undefined;
    field.attr("aria-expanded", "false").removeAttr("aria-activedescendant");
  };
  const pick = (name: string): void => {
    field.val(name);
    close();
    onPick();
  };
  const select = (index: number): void => {
    const all = options();
    if (all.length === 0) return;
    selected = (index + all.length) % all.length;
    all.removeClass("selected").attr("aria-selected", "false");
    const chosen = all.eq(selected).addClass("selected").attr("aria-selected", "true");
    chosen[0]?.scrollIntoView({ block: "nearest" });
    field.attr("aria-activedescendant", chosen.attr("id") ?? "");
  };
  const open = (search: string): void => {
    close();
    const box = $("<div>", { class: "cc-picker", role: "listbox", id });
    const wanted = search.trim().toLowerCase();
    for (const [group, names] of Object.entries(CATALOGUE)) {
      const found = names.filter((name) =>
        `${name} ${node._(`rte-subscribe.events.${name}`)}`.toLowerCase().includes(wanted),
      );
      if (found.length > 0)
        $("<div>", { class: "cc-picker-group" })
          .text(`${node._(`rte-subscribe.group.${group}`)} – ${node._(`rte-subscribe.entity.${group}`)}`)
          .appendTo(box);
      for (const name of found) {
        const option = $("<div>", {
          class: "cc-picker-option",
          role: "option",
          id: `${id}-${name}`,
          "aria-selected": "false",
        }).appendTo(box);
        option.append(document.createTextNode(name), $("<small>").text(node._(`rte-subscribe.events.${name}`)));
        // Before the field loses the focus, which closes the list.
        option.on("mousedown", (event) => {
          event.preventDefault();
          pick(name);
        });
      }
    }
    if (box.children().length === 0) return;
    list = box.appendTo("body");
    selected = -1;
    const { left, top } = field.offset() ?? { left: 0, top: 0 };
    const below = top + (field.outerHeight() ?? 0);
    const height = box.outerHeight() ?? 0;
    const fits = below + height <= window.innerHeight || top < height;
    box.css({
      left: Math.min(left, window.innerWidth - (box.outerWidth() ?? 0) - 8),
      top: fits ? below : top - height,
    });
    field.attr("aria-expanded", "true");
  };

  field.attr({ role: "combobox", "aria-autocomplete": "list", "aria-controls": id, "aria-expanded": "false" });
  field.on("input", () => open(String(field.val())));
  field.on("focus click", () => {
    if (list === undefined) open("");
  });
  field.on("blur", close);
  field.on("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list === undefined) open(String(field.val()));
      select(event.key === "ArrowDown" ? selected + 1 : selected - 1);
      event.preventDefault();
    } else if (event.key === "Enter" && list !== undefined && selected >= 0) {
      pick((options().eq(selected).attr("id") ?? "").slice(id.length + 1));
      event.preventDefault();
    } else if (event.key === "Escape" && list !== undefined) {
      close();
      // Not the dialog: only the list.
      event.stopPropagation();
    }
  });
}
