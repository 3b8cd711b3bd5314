/** Checks data against a JSON Schema, as far as scenario.schema.json uses it, with faults that people can act on. Pure. */
import { isObject } from "../values.js";

/** The part of JSON Schema that is used. */
export interface Schema {
  $ref?: string;
  $defs?: Readonly<Record<string, Schema>>;
  type?: string | readonly string[];
  enum?: readonly unknown[];
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  minItems?: number;
  minimum?: number;
  maximum?: number;
  /** Exactly one of these is there. */
  oneOf?: readonly { required: readonly string[] }[];
  /** One of these fits. */
  anyOf?: readonly Schema[];
}

/**
 * @param place where the value stands, such as `scenarios[0].steps`
 * @returns a line for each fault: the place, and what is expected there
 */
export function schemaFaults(value: unknown, schema: Schema, root: Schema, place = ""): string[] {
  if (schema.$ref !== undefined)
    return schemaFaults(value, root.$defs?.[schema.$ref.replace("#/$defs/", "")] ?? {}, root, place);
  const at = place === "" ? "the file" : place;
  const { type, anyOf, minimum = -Infinity, maximum = Infinity } = schema;
  if (anyOf) {
    const tries = anyOf.map((each) => schemaFaults(value, each, root, place));
    if (tries.some((faults) => faults.length === 0)) return [];
    // Of what was meant more is right than its kind.
    return tries.find((faults) => !faults[0]?.startsWith(`${at}: expected`)) ?? tries[0] ?? [];
  }
  if (type !== undefined && ![type].flat().some((each) => isOf(value, each)))
    return [
      `${at}: expected ${[type]
        .flat()
        .map((each) => WORDS[each] ?? each)
        .join(" or ")}, got ${JSON.stringify(value)?.slice(0, 80)}`,
    ];
  if (schema.enum && !schema.enum.includes(value))
    return [`${at}: expected one of ${schema.enum.join(", ")}, got ${JSON.stringify(value)}`];
  if (typeof value === "number" && value < minimum) return [`${at}: expected ${minimum} at least, got ${value}`];
  if (typeof value === "number" && value > maximum) return [`${at}: expected ${maximum} at most, got ${value}`];
  if (Array.isArray(value)) {
    const few = value.length < (schema.minItems ?? 0) ? [`${at}: expected ${schema.minItems} at least, got none`] : [];
    const { items } = schema;
    return [
      ...few,
      ...(items ? value.flatMap((each, index) => schemaFaults(each, items, root, `${place}[${index}]`)) : []),
    ];
  }
  return isOf(value, "object") ? objectFaults(value as Record<string, unknown>, schema, root, place, at) : [];
}

function objectFaults(
  value: Record<string, unknown>,
  schema: Schema,
  root: Schema,
  place: string,
  at: string,
): string[] {
  const { properties = {}, required = [], additionalProperties = true, oneOf } = schema;
  const lines = required.filter((name) => value[name] === undefined).map((name) => `${at}: “${name}” is missing`);
  if (oneOf) {
    const names = oneOf.flatMap((each) => each.required);
    if (names.filter((name) => value[name] !== undefined).length !== 1)
      lines.push(`${at}: expected exactly one of ${names.join(", ")}, got ${Object.keys(value).join(", ") || "none"}`);
  }
  for (const [name, each] of Object.entries(value)) {
    const below = place === "" ? name : `${place}.${name}`;
    const known = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    if (known === false)
      lines.push(`${at}: nothing is called “${name}” here. Known: ${Object.keys(properties).join(", ")}`);
    else if (typeof known === "object") lines.push(...schemaFaults(each, known, root, below));
  }
  return lines;
}

const WORDS: Readonly<Record<string, string>> = {
  object: "an object",
  array: "a list",
  string: "text",
  number: "a number",
  integer: "an integer",
  boolean: "true or false",
};

function isOf(value: unknown, type: string): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "null") return value === null;
  if (type === "object") return isObject(value);
  return typeof value === type;
}
