/** Checking an IVR that somebody typed on the page. */
import { webhookUrl } from "../caller/post.js";
import { ENDINGS, type Ivr, type Layer } from "./state.js";

/**
 * @param value from outside
 * @returns the IVR with exactly the known properties
 * @throws Error with a sentence for the page
 */
export function checkedIvr(value: unknown): Ivr {
  const { did, name, start, layers } = (value ?? {}) as Record<string, unknown>;
  if (typeof did !== "string" || did.trim() === "") throw new Error("An IVR has a number that callers dial.");
  if (!Array.isArray(layers) || layers.length === 0) throw new Error("An IVR has at least one layer.");
  const checked = layers.map((layer) => checkedLayer((layer ?? {}) as Record<string, unknown>));
  const ids = checked.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new Error(`Layer ${twice} is there twice.`);
  if (!ids.includes(Number(start))) throw new Error(`There is no layer ${String(start)} to start in.`);
  return {
    did: did.trim(),
    name: typeof name === "string" ? name.trim() : did.trim(),
    start: Number(start),
    layers: checked,
  };
}

function checkedLayer(layer: Record<string, unknown>): Layer {
  const id = integer(layer["id"], "A layer's number", 0, 1_000_000);
  const word = (name: string): string => (typeof layer[name] === "string" ? layer[name].trim() : "");
  const ending = ENDINGS.find((each) => each === layer["ending"]);
  if (ending === undefined) throw new Error(`Layer ${id} ends with one of ${ENDINGS.join(", ")}.`);
  const fallback = layer["fallback"];
  return {
    id,
    name: word("name"),
    announcement: word("announcement"),
    url: word("url") === "" ? "" : webhookUrl(layer["url"]).href,
    digits: integer(layer["digits"], `The digits of layer ${id}`, 0, 50),
    delay: integer(layer["delay"], `The delay of layer ${id}`, 1, 9),
    ...(fallback !== undefined &&
      fallback !== null &&
      fallback !== "" && { fallback: integer(fallback, `The fallback of layer ${id}`, 0, 1_000_000) }),
    ending,
    target: word("target"),
  };
}

function integer(value: unknown, what: string, from: number, to: number): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number) || number < from || number > to)
    throw new Error(`${what} is an integer from ${from} to ${to}.`);
  return number;
}
