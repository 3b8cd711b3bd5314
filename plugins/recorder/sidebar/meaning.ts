/** What an answer means to the vendor, in words. */
import type { Run } from "../../../lib/recorder/model.js";
import { ANSWER_FIELDS, DISCONNECT } from "../../../lib/smartrouting/tables.js";
import { ACTIONS } from "../../../lib/voicenter/tables.js";
import type { Words } from "./red.js";

type Fields = Record<string, unknown>;

/** Sentences of the catalogue, and their values, by vendor. */
const ANSWERS: Record<string, (status: number, fields: Fields) => [key: string, values?: Fields][]> = {
  enreach: (status, fields) => {
    if (status === 204) return [["default"]];
    const set = ANSWER_FIELDS.filter(({ name }) => fields[name] !== undefined);
    return set.map(({ name }) =>
      fields[name] === DISCONNECT ? ["disconnect"] : [name, { value: textOf(fields[name]) }],
    );
  },
  voicenter: (_, fields) => {
    const action = ACTIONS.find((name) => name !== "ERROR" && name === fields["ACTION"]);
    if (action === undefined) return fields["STATUS"] === undefined ? [] : [["fallback-layer"]];
    return [[action, Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, textOf(value)]))]];
  },
  webitel: (_, fields) => (fields["found"] === false ? [["not-found"]] : []),
};

/**
 * How a run ended, and what its answer makes the vendor do.
 * @returns sentences; none for what has no meaning beyond itself
 */
export function meaningOf(run: Run, words: Words): string[] {
  const { outcome, reason, answer, latencyMs = 0, vendor } = run;
  const fields = fieldsOf(answer?.json);
  if (outcome === "refused") return [words("recorder.meaning.refused", { why: fields["message"] ?? reason ?? "" })];
  const sentences: string[] = [];
  if (outcome === "fallback" || outcome === "late") {
    const why = words(`recorder.reason.${reason}`, { seconds: Math.round(latencyMs / 100) / 10 });
    sentences.push(words("recorder.meaning.fallback", { why }));
  }
  if (outcome !== "answered" && outcome !== "fallback") sentences.push(words(`recorder.meaning.${outcome}`));
  if (answer && (answer.status === 204 || answer.status === 200))
    for (const [key, values] of ANSWERS[vendor]?.(answer.status, fields) ?? [])
      sentences.push(words(`recorder.answer.${vendor}.${key}`, values));
  return sentences;
}

/** JSON for people; a text that was cut is no JSON, and stays as it is. */
export function readable(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 1);
  } catch {
    return json;
  }
}

function fieldsOf(json = ""): Fields {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? (value as Fields) : {};
  } catch {
    return {};
  }
}

/** A value, or the targets or spoken parts of a list. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(", ");
  if (typeof value !== "object" || value === null) return String(value);
  const { TARGET, Content } = value as Fields;
  return textOf(TARGET ?? Content ?? JSON.stringify(value));
}
