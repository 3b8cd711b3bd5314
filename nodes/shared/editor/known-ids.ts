/** Ids that the test of a connection has seen are offered where a form asks for one. They are kept while the editor is open. */
import { entered, input } from "./fields.js";
import type { KnownIds } from "./test-report.js";

const seen = new Map<string, KnownIds>();

/** Keeps what the test of a connection has seen. */
export function rememberIds(connection: string, ids: KnownIds | undefined): void {
  if (ids !== undefined) seen.set(connection, ids);
}

/**
 * Offers the ids of the chosen connection in a text field, each with its name.
 * @param field a plain field, or the one that a typed input was made of
 * @param kind such as `queues`; a function is asked whenever the field gets the focus
 */
export function offerIds(field: JQuery, kind: string | (() => readonly string[])): void {
  const typed = field.nextAll(".red-ui-typedInput-container").first().find("input");
  const shown = typed.length > 0 ? typed : field;
  shown.on("focus", () => {
    const kinds = typeof kind === "string" ? [kind] : kind();
    const id = `cc-ids-${kinds.join("-")}`;
    const list = $(`#${id}`).length > 0 ? $(`#${id}`) : $("<datalist>", { id }).appendTo("#dialog-form");
    const known = seen.get(entered(input("connection"))) ?? {};
    const options = kinds.flatMap((each) => known[each] ?? []);
    list.empty().append(options.map(([value, name]) => $("<option>").val(value).text(name)));
    // A name of a message's property is no id.
    const isText = typed.length === 0 || field.typedInput("type") === "str";
    shown.attr("list", isText ? id : null);
  });
}
