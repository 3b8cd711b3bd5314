/** Where a value comes from: a setting made in the node wins, a blank one is read from `msg.payload`. */
import type { Node, NodeAPI } from "node-red";
import { ContactCenterError, refused, type Vendor } from "../../lib/core/errors.js";
import { isBlank as isBlankValue, isRecord, readIgnoringCase } from "../../lib/core/values.js";
import type { Message } from "./input.js";
import { envText, isUnset } from "./variables.js";

/** A typed setting as the editor saves it; a missing type counts as `str`. */
interface TypedValue {
  value: unknown;
  type?: string | undefined;
}

/** True when nothing was entered. Asked before evaluation: a blank `num` would become 0, and a blank `json` would throw. */
export function isBlank({ value }: TypedValue): boolean {
  return isBlankValue(value) || (Array.isArray(value) && value.length === 0);
}

/** The types that take a variable in their text: without its value 0 or false would come of it. */
const NUMBER_LIKE: ReadonlySet<string> = new Set(["num", "bool"]);

/**
 * Evaluates a typed setting.
 * @param field the setting's name, for the error
 * @param operation for the error
 * @returns the value or a promise of it; undefined when the setting is blank
 * @throws ContactCenterError `EINVALID` when the expression or JSON is wrong, or an environment variable is not set,
 *   or unfinished
 */
export function evaluate(
  RED: NodeAPI,
  node: Node,
  message: Message,
  field: string,
  typed: TypedValue,
  vendor: Vendor,
  operation = "evaluate",
): unknown {
  if (isBlank(typed)) return undefined;
  const type = typed.type ?? "str";
  const cause = { vendor, operation, field };
  const text = (value: unknown): unknown => (typeof value === "string" ? envText(RED, node, value, cause) : value);
  if (type === "str") return Array.isArray(typed.value) ? typed.value.map(text) : text(typed.value);
  const value = NUMBER_LIKE.has(type) ? text(typed.value) : typed.value;
  if (type === "env") {
    // A name, or a text with names in it.
    if (/[$][{(]/.test(String(value))) return text(value);
    if (isUnset(RED, node, String(value))) throw refused("shared.errors.unset", cause, { names: String(value) });
  }
  return new Promise((resolve, reject) => {
    const settle = (error: Error | null, result?: unknown): void => {
      // Where a part of its path is missing, so is the property, as in a flow variable; a path that is none has another error.
      const isMissing = type === "msg" && error instanceof TypeError;
      if (error && !isMissing)
        reject(refused("shared.errors.typed-value", cause, { field, type, detail: error.message }));
      else resolve(result ?? undefined);
    };
    try {
      RED.util.evaluateNodeProperty(value as string, type, node, message, settle as never);
    } catch (error) {
      settle(error as Error);
    }
  });
}

/** How one field of a message is named. */
interface FieldNames {
  /** The node's setting. */
  setting: string;
  /** The vendor's own name in `msg.payload`. */
  vendorName: string;
}

/** What is done with settings that cannot be evaluated, and that the message can do without. */
export interface Decorations {
  /** @param values those that could be evaluated, by the same names */
  isOptional(name: string, values: Readonly<Record<string, unknown>>): boolean;
  /** Learns of each one that was left out, and why. */
  report(problem: ContactCenterError, effect: "left-out"): void;
}

/** @throws the first problem of a field that the message cannot do without */
function leaveOut(
  failed: ReadonlyMap<string, unknown>,
  values: Readonly<Record<string, unknown>>,
  decorations: Decorations | undefined,
): void {
  for (const [name, problem] of failed) {
    if (!(problem instanceof ContactCenterError) || decorations?.isOptional(name, values) !== true) throw problem;
    decorations.report(problem, "left-out");
  }
}

/** Reads a message, and a payload where it is not the message's own. */
type Reader<Name extends string> = (
  message: Message,
  payload?: unknown,
  decorations?: Decorations,
) => Promise<Partial<Record<Name, unknown>>>;

/**
 * Prepares a node's typed settings once, so that a message costs only what was entered.
 * @param config the node's configuration as deployed
 * @param fields the table of fields
 * @param vendor for errors
 * @param key what the values are called in the result
 * @returns a reader of values by setting name: the node's own where made, else the payload's under either name
 */
export function valueReader<F extends FieldNames, K extends keyof FieldNames = "setting">(
  RED: NodeAPI,
  node: Node,
  config: object,
  fields: readonly F[],
  vendor: Vendor,
  key: K = "setting" as K,
): Reader<F[K]> {
  const settings = config as Record<string, unknown>;
  const made = fields
    .map((field) => ({
      field,
      typed: { value: settings[field.setting], type: settings[`${field.setting}Type`] as string | undefined },
    }))
    .filter(({ typed }) => !isBlank(typed));
  const madeNames = new Set(made.map(({ field }) => field.setting));
  const open = fields.filter((field) => !madeNames.has(field.setting));
  return async (message, payload = message.payload, decorations) => {
    const values: Record<string, unknown> = {};
    const fromPayload = readIgnoringCase(payload);
    for (const field of open) {
      const value = fromPayload(field.vendorName, field.setting);
      if (value !== undefined) values[field[key]] = value;
    }
    const failed = new Map<string, unknown>();
    for (const { field, typed } of made) {
      try {
        const value = await evaluate(RED, node, message, field.setting, typed, vendor);
        if (value !== undefined) values[field[key]] = value;
      } catch (problem) {
        failed.set(field[key], problem);
      }
    }
    leaveOut(failed, values, decorations);
    return values as Partial<Record<F[K], unknown>>;
  };
}

/**
 * As {@link valueReader}, for a table of settings and the vendor's names.
 * @param settings setting -> vendor's name
 * @returns a reader of values by the vendor's names
 */
export function fieldReader<S extends Readonly<Record<string, string>>>(
  RED: NodeAPI,
  node: Node,
  config: object,
  settings: S,
  vendor: Vendor,
): Reader<S[keyof S]> {
  const fields = Object.entries(settings).map(([setting, vendorName]) => ({ setting, vendorName }));
  return valueReader(RED, node, config, fields, vendor, "vendorName");
}

/**
 * Evaluates one typed property in each item of a list setting, saved as `<property>` and `<property>Type`.
 * @param setting the list's name, for the error
 * @returns copies of the items
 */
export function evaluateItems(
  RED: NodeAPI,
  node: Node,
  message: Message,
  setting: string,
  items: readonly Record<string, unknown>[],
  property: string,
  vendor: Vendor,
): Promise<Record<string, unknown>[]> {
  return Promise.all(
    items.map(async (entered: unknown, at) => {
      // What is no item is left to the check of the answer, which names it.
      const item = isRecord(entered) ? entered : {};
      const typed = { value: item[property], type: item[`${property}Type`] as string | undefined };
      return {
        ...item,
        [property]: await evaluate(RED, node, message, `${setting}[${at}].${property}`, typed, vendor),
      };
    }),
  );
}
