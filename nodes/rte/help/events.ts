/** The part of the help that lists every event with its properties, made from the catalogue and the sentences beside it. */
import { CALL_EVENTS } from "../../../lib/rte/events.js";
import { EVENTS, GROUPS, HELPERS, VALUES } from "../../../lib/rte/tables.js";
import type { HelpSentences } from "../../shared/help/sentences.js";

/** The sentences of the form that the help repeats. */
interface FormSentences {
  "rte-subscribe": { events: Record<string, string>; group: Record<string, string>; entity: Record<string, string> };
}

/** The sentences of the help alone: what a property means, by event (`*` for all) and name. */
interface OwnSentences {
  heading: { items: string; several: string };
  nullable: string;
  property: Record<string, Record<string, string>>;
}

type Types = Readonly<Record<string, string>>;

/** How often a property occurs with the same type: `name type` to number. */
const USES = new Map<string, number>();
for (const types of Object.values<Types>({ ...EVENTS, ...HELPERS })) {
  for (const [name, type] of Object.entries(types)) USES.set(`${name} ${type}`, (USES.get(`${name} ${type}`) ?? 0) + 1);
}

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

/** @param sentences reads a file of sentences in the language of the page */
export default (sentences: HelpSentences): string => {
  const { "rte-subscribe": form } = sentences("rte-subscribe") as unknown as FormSentences;
  const { heading, nullable, property } = sentences("help") as unknown as OwnSentences;

  /** The same name with the same type and meaning in several places is explained once. */
  const isCommon = (owner: string, name: string, type: string): boolean =>
    (USES.get(`${name} ${type}`) ?? 0) > 1 &&
    (owner === "*" || property[owner]?.[name] === undefined) &&
    valuesOf(owner, name) === "";

  const definition = (owner: string, name: string, type: string): string => {
    const meaning = property[owner]?.[name] ?? property["*"]?.[name] ?? "";
    const shown = type.endsWith("?") ? nullable.replace("__type__", type.slice(0, -1)) : type;
    return `<dt>${name}</dt><dd>${escape(shown)}: ${escape(meaning)}${valuesOf(owner, name)}</dd>`;
  };

  const properties = (owner: string, types: Types): string => {
    const all = Object.entries(types);
    const common = all.filter(([name, type]) => isCommon(owner, name, type)).map(([name]) => name);
    const own = all
      .filter(([name, type]) => !isCommon(owner, name, type))
      .map(([name, type]) => definition(owner, name, type));
    return (
      (own.length > 0 ? `<dl>${own.join("")}</dl>` : "") + (common.length > 0 ? `<p>${common.join(", ")}</p>` : "")
    );
  };

  const event = (name: string, types: Types): string => {
    const call = (CALL_EVENTS as Record<string, readonly string[]>)[name];
    const state = call === undefined ? "" : ` (<code>${call[0]}</code>)`;
    return `<details><summary><b>${name}</b></summary><p>${escape(form.events[name] ?? "")}${state}</p>${properties(name, types)}</details>`;
  };

  const groups = Object.entries(GROUPS).map(([group, events]) => {
    const listed = Object.entries(events).map(([name, types]) => event(name, types));
    return `<h4>${form.group[group]} (${form.entity[group]})</h4>${listed.join("\n")}`;
  });
  const helpers = Object.entries(HELPERS).map(
    ([name, types]) => `<details><summary><b>${name}</b></summary>${properties(name, types)}</details>`,
  );
  const explained = [...USES.keys()]
    .map((key) => key.split(" ") as [name: string, type: string])
    .filter(([name, type]) => isCommon("*", name, type))
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([name, type]) => definition("*", name, type));

  return `${groups.join("\n")}\n<h4>${heading.items}</h4>${helpers.join("\n")}\n<h4>${heading.several}</h4><dl>${explained.join("")}</dl>\n`;
};
