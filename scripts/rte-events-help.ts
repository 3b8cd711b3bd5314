/** The part of the help that lists every event with its properties, made from the catalogue and the words beside it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CALL_EVENTS } from "../lib/rte/calls.js";
import { GROUPS, HELPERS, VALUES } from "../lib/rte/catalogue.js";

interface Words {
  rte: { events: Record<string, string>; group: Record<string, string>; entity: Record<string, string> };
}
const folder = join(__dirname, "../nodes/rte/locales/en-US");
const { rte } = JSON.parse(readFileSync(join(folder, "rte.json"), "utf8")) as Words;
const meanings = JSON.parse(readFileSync(join(folder, "properties.json"), "utf8")) as Record<string, Record<string, string>>;

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function valuesOf(owner: string, name: string): string {
  const values = (VALUES as Record<string, readonly string[] | Record<number, string>>)[`${owner}.${name}`];
  if (values === undefined) return "";
  const list = Array.isArray(values) ? (values as readonly string[]) : Object.entries(values).map(([number, word]) => `${number} = ${word}`);
  return ` (${list.map((value) => `<code>${value}</code>`).join(", ")})`;
}

function properties(owner: string, types: Readonly<Record<string, string>>): string {
  const rows = Object.entries(types).map(([name, type]) => {
    const meaning = meanings[owner]?.[name] ?? meanings["*"]?.[name] ?? "";
    const nullable = type.endsWith("?") ? ", may be null" : "";
    return `<dt>${name} <span class="property-type">${escape(type.replace("?", ""))}${nullable}</span></dt><dd>${escape(meaning)}${valuesOf(owner, name)}</dd>`;
  });
  return `<dl class="message-properties">${rows.join("")}</dl>`;
}

function event(name: string, types: Readonly<Record<string, string>>): string {
  const call = (CALL_EVENTS as Record<string, readonly string[]>)[name];
  const state = call === undefined ? "" : ` <code>msg.call.state</code>: <code>${call[0]}</code>.`;
  return `<details><summary><b>${name}</b></summary><p>${escape(rte.events[name] ?? "")}${state}</p>${properties(name, types)}</details>`;
}

const groups = Object.entries(GROUPS).map(
  ([group, events]) => `<h4>${rte.group[group]} (${rte.entity[group]})</h4>${Object.entries(events).map(([name, types]) => event(name, types)).join("\n")}`,
);
const helpers = Object.entries(HELPERS).map(([name, types]) => `<details><summary><b>${name}</b></summary>${properties(name, types)}</details>`);

export default `${groups.join("\n")}\n<h4>List items</h4>${helpers.join("\n")}\n`;
