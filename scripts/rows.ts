/**
 * The one shape of a row in a form. `<cc-row setting="url" icon="globe" hint></cc-row>` becomes label, field and hint, with the
 * ids that Node-RED asks for and the keys that the catalogue has:
 *
 * | part | key |
 * |---|---|
 * | label | `<type>.form.<setting>`; of `name` core's own |
 * | hint | `<type>.hint.<setting>` |
 * | text behind the field | `<type>.unit.<setting>` |
 * | option of a select | `<type>.choice.<setting>.<option>` |
 *
 * Attributes: `setting`, `icon`, `type` (`text` by default, `number`, `password`, `checkbox`, `select`, `texts` for a list of texts in one
 * field, `list` for an editable list), `hint`, `unit`, `short` (a narrow field), `when` (`setting=choice`: shown only while that choice is made), `choices` (`value` or `value=option`, with blanks
 * between), `choices-of` (prefix of their keys), `of` (what stands for `<type>` in the keys), `class` and `data-*` (of the row).
 * Others belong to the field. What stands between the tags comes last in the row.
 */

/** What the rows of a form have in common. */
interface RowContext {
  /** Node type: prefix of the keys. */
  type: string;
  /** Whether the form belongs to a config node, whose ids differ. */
  isConfig: boolean;
}

const ROW = /^([ \t]*)<cc-row\b([^>]*)>([^]*?)<\/cc-row>/gm;
const ATTRIBUTE = /([\w-]+)(?:="([^"]*)")?/g;

/** Attributes that the macro itself reads; the others are copied to the field. */
const OWN = new Set([
  "setting",
  "icon",
  "type",
  "hint",
  "unit",
  "short",
  "choices",
  "choices-of",
  "of",
  "class",
  "when",
]);

/**
 * Expands the rows of a form.
 * @param html the form, with its includes in place
 * @param type node type
 */
export function withRows(html: string, type: string): string {
  const context = { type, isConfig: /category: "config"/.test(html) };
  return html.replace(ROW, (_, indent: string, attributes: string, content: string) =>
    row(new Map(attributesOf(attributes)), content.trim(), context)
      .flat()
      .filter((line) => line !== "")
      .map((line) => indent + line)
      .join("\n"),
  );
}

function attributesOf(text: string): [string, string][] {
  return [...text.matchAll(ATTRIBUTE)].map(([, name, value]) => [name as string, value ?? ""]);
}

function row(given: ReadonlyMap<string, string>, content: string, { type, isConfig }: RowContext): string[] {
  const setting = given.get("setting");
  if (setting === undefined) throw new Error(`${type}: a cc-row has no setting`);
  const kind = given.get("type") ?? "text";
  const key = (part: string): string => `${given.get("of") ?? type}.${part}.${setting}`;
  // Node-RED reads and writes what has its prefix; lists are ours to read.
  const isList = kind === "list" || kind === "texts";
  const id = `${isList ? "cc" : isConfig ? "node-config-input" : "node-input"}-${setting}`;
  const words = setting === "name" ? "node-red:common.label.name" : key("form");
  const icon = given.get("icon") ?? (setting === "name" ? "tag" : undefined);
  const label = (icon === undefined ? "" : `<i class="fa fa-${icon}"></i> `) + `<span data-i18n="${words}"></span>`;
  const unit = given.has("unit") ? ` <span data-i18n="${key("unit")}"></span>` : "";
  const copied = [...given].filter(([name]) => !OWN.has(name));
  const ofRow = copied.filter(([name]) => name.startsWith("data-") && name !== "data-i18n");
  const ofField = copied.filter((one) => !ofRow.includes(one));
  const isShort = given.has("short") || kind === "number";
  const fieldAttributes = written([
    ...(isShort ? ([["class", "cc-short"]] as const) : []),
    ["id", id],
    ...(kind === "texts" ? ([["data-texts", setting]] as const) : []),
    ...(kind === "password" ? ([["autocomplete", "new-password"]] as const) : []),
    ...(setting === "name" ? ([["data-i18n", "[placeholder]node-red:common.label.name"]] as const) : []),
    ...ofField,
  ]);
  const when = given.has("when") ? ([["data-when", given.get("when") as string]] as const) : [];
  const choices = (given.get("choices") ?? "").split(" ").filter(Boolean);
  const choiceKey = given.get("choices-of") ?? key("choice");
  return [
    `<div${written([["class", ["form-row", given.get("class")].filter(Boolean).join(" ")], ...when, ...ofRow])}>`,
    ...[
      kind === "list" ? `<label class="cc-wide">${label}</label>` : `<label for="${id}">${label}</label>`,
      ...field(kind, fieldAttributes, choices, choiceKey, unit),
      given.has("hint") ? `<div class="cc-hint" data-i18n="${key("hint")}"></div>` : "",
      content,
    ]
      .filter(Boolean)
      .map((line) => `    ${line}`),
    "</div>",
  ];
}

/** The lines of the field itself. */
function field(kind: string, attributes: string, choices: string[], choiceKey: string, unit: string): string[] {
  if (kind === "list") return [`<ol${attributes}></ol>`];
  if (kind === "texts" && attributes.includes(" rows=")) return [`<textarea${attributes}></textarea>`];
  if (kind !== "select") return [`<input type="${kind === "texts" ? "text" : kind}"${attributes}>${unit}`];
  if (choices.length === 0) return [`<select${attributes}></select>`];
  return [`<select${attributes}>`, ...choices.map((choice) => `    ${option(choice, choiceKey)}`), "</select>"];
}

/** `value`, or `value=option` where the value makes no good key. */
function option(choice: string, choiceKey: string): string {
  const at = choice.indexOf("=");
  const value = at < 0 ? choice : choice.slice(0, at);
  const name = at < 0 ? choice : choice.slice(at + 1);
  return `<option value="${value}" data-i18n="${choiceKey}.${name}"></option>`;
}

function written(attributes: readonly (readonly [string, string])[]): string {
  return attributes.map(([name, value]) => (value === "" ? ` ${name}` : ` ${name}="${value}"`)).join("");
}
