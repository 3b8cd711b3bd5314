/** The part of the help that lists every event with its properties, made from the catalogue and the words beside it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CALL_EVENTS } from "../../../lib/rte/calls.js";
import { EVENTS, GROUPS, HELPERS, VALUES } from "../../../lib/rte/tables.js";

interface Words {
  "rte-subscribe": { events: Record<string, string>; group: Record<string, string>; entity: Record<string, string> };
}
const folder = join(__dirname, "../locales/en-US");
const { "rte-subscribe": words } = JSON.parse(readFileSync(join(folder, "rte-subscribe.json"), "utf8")) as Words;
const meanings = JSON.parse(readFileSync(join(folder, "properties.json"), "utf8")) as Record<
  string,
  Record<string, string>
>;

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function valuesOf(owner: string, name: string): string {
  const values = (VALUES as Record<string, readonly string[] | Record<number, string>>)[`${owner}.${name}`];
  if (values === undefined) return "";
  const list = Array.isArray(values)
    ? (values as readonly string[])
    : Object.entries(values).map(([number, word]) => `${number} = ${word}`);
  return ` (${list.map((value) => `<code>${value}</code>`).join(", ")})`;
}

/** The same name with the same type and meaning in several places is explained once. */
function isCommon(owner: string, name: string, type: string): boolean {
  return (
    (uses.get(`${name} ${type}`) ?? 0) > 1 &&
    (owner === "*" || meanings[owner]?.[name] === undefined) &&
    valuesOf(owner, name) === ""
  );
}

function definition(owner: string, name: string, type: string): string {
  const meaning = meanings[owner]?.[name] ?? meanings["*"]?.[name] ?? "";
  return `<dt>${name}</dt><dd>${escape(type.replace("?", " or null"))}: ${escape(meaning)}${valuesOf(owner, name)}</dd>`;
}

function properties(owner: string, types: Readonly<Record<string, string>>): string {
  const all = Object.entries(types);
  const common = all.filter(([name, type]) => isCommon(owner, name, type)).map(([name]) => name);
  const own = all
    .filter(([name, type]) => !isCommon(owner, name, type))
    .map(([name, type]) => definition(owner, name, type));
  return (own.length > 0 ? `<dl>${own.join("")}</dl>` : "") + (common.length > 0 ? `<p>${common.join(", ")}</p>` : "");
}

function event(name: string, types: Readonly<Record<string, string>>): string {
  const call = (CALL_EVENTS as Record<string, readonly string[]>)[name];
  const state = call === undefined ? "" : ` (<code>${call[0]}</code>)`;
  return `<details><summary><b>${name}</b></summary><p>${escape(words.events[name] ?? "")}${state}</p>${properties(name, types)}</details>`;
}

const uses = new Map<string, number>();
for (const types of Object.values({ ...EVENTS, ...HELPERS })) {
  for (const [name, type] of Object.entries(types)) uses.set(`${name} ${type}`, (uses.get(`${name} ${type}`) ?? 0) + 1);
}
const groups = Object.entries(GROUPS).map(
  ([group, events]) =>
    `<h4>${words.group[group]} (${words.entity[group]})</h4>${Object.entries(events)
      .map(([name, types]) => event(name, types))
      .join("\n")}`,
);
const helpers = Object.entries(HELPERS).map(
  ([name, types]) => `<details><summary><b>${name}</b></summary>${properties(name, types)}</details>`,
);
const common = [...uses].filter(([, count]) => count > 1).map(([key]) => key.split(" ") as [string, string]);
const explained = common
  .filter(([name, type]) => isCommon("*", name, type))
  .sort(([one], [other]) => one.localeCompare(other))
  .map(([name, type]) => definition("*", name, type));

export default `${groups.join("\n")}\n<h4>List items</h4>${helpers.join("\n")}\n<h4>Properties of several events</h4><dl>${explained.join("")}</dl>\n`;
