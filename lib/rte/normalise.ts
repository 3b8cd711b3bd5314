/**
 * Brings what the hub sends into the catalogue's form: property names as documented, whatever their case on the wire, and
 * times with a zone (vendor document "RTE", chapters "Event catalogue" and "Wire casing").
 *
 * A hub repeats the same few shapes for ever. So the order of a shape's properties is analysed once and kept as a plan; an
 * event then costs one walk over its properties.
 */
import { canonicalJson } from "../core/event.js";
import { isRecord } from "../core/values.js";
import { byFoldedName, HELPERS, type HelperName } from "./tables.js";

/** Parsed JSON. */
export type Json = Record<string, unknown>;
type Converter = (value: unknown) => unknown;

/** How to read one order of properties on the wire. */
interface Plan {
  wire: string[];
  /** The names of `known`, as the head of the text. */
  signature: string;
  /** In canonical order, so that the text of the result is canonical too. */
  known: { wire: string; name: string; convert: Converter | undefined }[];
  /** Properties that the catalogue does not have; they pass through unchanged. */
  rest: string[];
  /** Those of `rest` that tell one event from another, under the name by which they enter the text. */
  unknown: { wire: string; name: string }[];
}

/** Data in the catalogue's form, and a text that is the same for the same content. */
export interface Normalised {
  payload: Json;
  text: string;
}

/** Orders kept per event; a hub that shuffles its properties beyond that is analysed each time. */
const PLANS_KEPT = 8;
/** The hub's number or word for the event's name. It says nothing new, and its style may change: it does not enter the key. */
const REPEATS_NAME = "eventtype";

/**
 * Puts `Z` behind a time without zone: the hub's times are UTC.
 * @param value anything; only ISO 8601 date-times change
 */
export function withZone(value: unknown): unknown {
  if (typeof value !== "string" || value.charCodeAt(10) !== 84 /* T */) return value;
  return /(?:Z|[+-]\d\d:?\d\d)$/i.test(value) ? value : `${value}Z`;
}

function converterOf(type: string): Converter | undefined {
  if (type.startsWith("DateTime")) return withZone;
  const helper = /^List<(\w+)>/.exec(type)?.[1];
  if (helper === undefined) return undefined;
  const reader = HELPER_READERS[helper as HelperName];
  return (value) =>
    Array.isArray(value) ? value.map((item: unknown) => (isRecord(item) ? reader.read(item).payload : item)) : value;
}

/** Reads the data of one event, or of one list item. */
export class Reader {
  private readonly names: ReadonlyMap<string, string>;
  private readonly plans: Plan[] = [];

  /**
   * @param properties names to types as the catalogue has them; none for an event that it does not know
   * @param onUnknown called once for each property that the catalogue does not have
   */
  constructor(
    private readonly properties: Readonly<Record<string, string>>,
    private readonly onUnknown: (property: string) => void = () => undefined,
  ) {
    this.names = byFoldedName(Object.keys(properties));
  }

  /** Reads one object. The result shares nothing with it but nested values that the catalogue does not describe. */
  read(data: Json): Normalised {
    const plan = this.planFor(data);
    const payload: Json = {};
    let text = plan.signature;
    for (const { wire, name, convert } of plan.known) {
      const value = convert === undefined ? data[wire] : convert(data[wire]);
      payload[name] = value;
      // Lengths instead of escapes: still no two contents give one text, and no character has to be looked at.
      if (typeof value === "string") text += `${value.length}"${value}`;
      else text += typeof value === "object" ? JSON.stringify(value) : `,${value as number | boolean};`;
    }
    for (const wire of plan.rest) payload[wire] = data[wire];
    if (plan.unknown.length > 0)
      text += canonicalJson(Object.fromEntries(plan.unknown.map(({ wire, name }) => [name, data[wire]])));
    return { payload, text };
  }

  private planFor(data: Json): Plan {
    for (const plan of this.plans) if (fits(plan, data)) return plan;
    const plan = this.analyse(data);
    this.plans.unshift(plan);
    if (this.plans.length > PLANS_KEPT) this.plans.pop();
    return plan;
  }

  private analyse(data: Json): Plan {
    const wire = Object.keys(data);
    const taken = new Map<string, string>();
    // The documented spelling first: should a name come twice in two cases, the other one passes through.
    for (const name of wire) if (Object.hasOwn(this.properties, name)) taken.set(name, name);
    for (const name of wire) {
      const documented = this.names.get(name.toLowerCase());
      if (documented !== undefined && !taken.has(documented)) taken.set(documented, name);
    }
    const known = Array.from(taken, ([name, from]) => ({
      wire: from,
      name,
      convert: converterOf(this.properties[name] as string),
    }));
    known.sort((a, b) => (a.name < b.name ? -1 : 1));
    const used = new Set(taken.values());
    // `__proto__` as a property would change the object instead of filling it.
    const rest = wire.filter((name) => !used.has(name) && name !== "__proto__").sort();
    const unknown = rest
      .map((name) => ({ wire: name, name: name.toLowerCase() }))
      .filter(({ name }) => name !== REPEATS_NAME);
    for (const { wire: name } of unknown) this.onUnknown(name);
    const signature = `${known.map(({ name }) => name).join()}\n`;
    return { wire, signature, known, rest, unknown };
  }
}

function fits({ wire }: Plan, data: Json): boolean {
  let at = 0;
  for (const name in data) if (name !== wire[at++]) return false;
  return at === wire.length;
}

const HELPER_READERS = Object.fromEntries(
  Object.entries(HELPERS).map(([name, properties]) => [name, new Reader(properties)]),
) as Record<HelperName, Reader>;
