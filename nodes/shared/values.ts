/** Where a value comes from: a setting made in the node wins, a blank one is read from `msg.payload`. */
import type { Node, NodeAPI } from "node-red";
import { type ContactCenterError, type ErrorCause, refused, type Vendor } from "../../lib/core/errors.js";
import { isBlank as isBlankValue, isRecord, readIgnoringCase } from "../../lib/core/values.js";
import type { Message } from "./input.js";

/** A typed setting as the editor saves it; a missing type counts as `str`. */
interface TypedValue {
  value: unknown;
  type?: string | undefined;
}

/** True when nothing was entered. Asked before evaluation: a blank `num` would become 0, and a blank `json` would throw. */
export function isBlank({ value }: TypedValue): boolean {
  return isBlankValue(value) || (Array.isArray(value) && value.length === 0);
}

/** `${NAME}` anywhere in a text, and `$(NAME)` as a whole text, which Node-RED takes too. */
const VARIABLES = /\$\{([^}]+)\}|^\$\((\S+)\)$/g;

/** The variables that a text names. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(VARIABLES)].map(([, braced, old]) => braced ?? old ?? "");
}

/** `${NAME:-text}` anywhere in a text: the text where the variable is not set, or set to nothing, as in a shell. */
const WITH_DEFAULT = /\$\{([^}:]+):-([^}]*)\}/g;

/** A text with those variables in place that bring a default. */
function withDefaults(RED: NodeAPI, node: Node, text: string): string {
  return text.replace(WITH_DEFAULT, (_, name: string, preset: string) => {
    const value = RED.util.getSetting(node, name) as string | undefined;
    return value === undefined || value === "" ? preset : value;
  });
}

function isSet(RED: NodeAPI, node: Node, name: string): boolean {
  return RED.util.getSetting(node, name) !== undefined;
}

/** A text setting, read. */
export interface ReadText {
  /** With its variables in place; empty where one is not set, since the rest would mean something else. */
  text: string;
  /** The variables that are named and not set. One that is set to nothing is set. */
  unset: string[];
}

/**
 * Reads a text setting: `${NAME}` anywhere in it is an environment variable, `${NAME:-text}` one with a default.
 * @param node whose flow, group and subflow variables are seen
 * @param entered as it came to the node: Node-RED has put in those that are set, where the text was nothing but a variable
 */
export function readText(RED: NodeAPI, node: Node, entered: string): ReadText {
  if (!entered.includes("$")) return { text: entered, unset: [] };
  const text = withDefaults(RED, node, entered);
  const unset = variablesIn(text).filter((name) => !isSet(RED, node, name));
  if (unset.length > 0) return { text: "", unset };
  return {
    text: text.includes("${") ? String(RED.util.evaluateNodeProperty(text, "env", node, {}) ?? "") : text,
    unset,
  };
}

/**
 * A setting as it was entered: where a text is nothing but a variable, a node is given the variable's value.
 * @param field the setting's name
 */
export function enteredSetting(RED: NodeAPI, node: Node, field: string): unknown {
  const { id, _alias = id } = node as Node & { _alias?: string };
  let setting: unknown;
  RED.nodes.eachNode((config) => {
    if (config.id === _alias) setting = (config as unknown as Record<string, unknown>)[field];
  });
  return setting;
}

/**
 * Reads a text setting without which a node cannot do its work, as {@link readText}.
 * @param cause names the setting, for the error
 * @throws ContactCenterError `EINVALID` when a variable is not set
 */
export function envText(RED: NodeAPI, node: Node, text: string, cause: ErrorCause): string {
  const read = readText(RED, node, text);
  refuseUnset(read.unset, cause);
  return read.text;
}

function refuseUnset(names: readonly string[], cause: ErrorCause): void {
  if (names.length > 0) throw refused("shared.errors.unset", cause, { names: names.join(", ") });
}

/**
 * Evaluates a typed setting.
 * @param field the setting's name, for the error
 * @param operation for the error
 * @returns the value or a promise of it; undefined when the setting is blank
 * @throws ContactCenterError `EINVALID` when the expression or JSON is wrong, or an environment variable is not set
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
  if (type === "env" && String(typed.value).includes(":-")) return text(typed.value);
  if (type === "env") refuseUnset(unsetOf(RED, node, typed.value), cause);
  return new Promise((resolve, reject) => {
    const settle = (error: Error | null, result?: unknown): void => {
      // Where a part of its path is missing, so is the property, as in a flow variable; a path that is none has another error.
      const isMissing = type === "msg" && error instanceof TypeError;
      if (error && !isMissing)
        reject(refused("shared.errors.typed-value", cause, { field, type, detail: error.message }));
      else resolve(result ?? undefined);
    };
    try {
      RED.util.evaluateNodeProperty(typed.value as string, type, node, message, settle as never);
    } catch (error) {
      settle(error as Error);
    }
  });
}

/** The variables of a setting of type `env` that are not set: it is a name, or a text with names in it. */
function unsetOf(RED: NodeAPI, node: Node, value: unknown): string[] {
  const text = String(value);
  if (/[$][{(]/.test(text)) return readText(RED, node, text).unset;
  return isSet(RED, node, text) ? [] : [text];
}

/** Decides on a typed value that cannot be evaluated, such as an expression that fails: what it does not throw counts as not set. */
type OnFailed = (error: ContactCenterError, vendorName: string) => void;

const rethrow = (error: ContactCenterError): never => {
  throw error;
};

/** How one field of a message is named. */
interface FieldNames {
  /** The node's setting. */
  setting: string;
  /** The vendor's own name in `msg.payload`. */
  vendorName: string;
}

/**
 * Prepares a node's typed settings once, so that a message costs only what was entered.
 * @param config the node's configuration as deployed
 * @param fields the table of fields
 * @param vendor for errors
 * @param key what the values are called in the result
 * @returns a function from a message, and a payload where it is not the message's own, to values by setting name: the
 *   node's own where made, else the payload's under either name. Its last parameter decides on a value that cannot be
 *   evaluated: it throws the error, or the value counts as not set
 */
export function valueReader<F extends FieldNames, K extends keyof FieldNames = "setting">(
  RED: NodeAPI,
  node: Node,
  config: object,
  fields: readonly F[],
  vendor: Vendor,
  key: K = "setting" as K,
): (message: Message, payload?: unknown, onFailed?: OnFailed) => Promise<Partial<Record<F[K], unknown>>> {
  const settings = config as Record<string, unknown>;
  const made = fields
    .map((field) => ({
      field,
      typed: { value: settings[field.setting], type: settings[`${field.setting}Type`] as string | undefined },
    }))
    .filter(({ typed }) => !isBlank(typed));
  const madeNames = new Set(made.map(({ field }) => field.setting));
  const open = fields.filter((field) => !madeNames.has(field.setting));
  return async (message, payload = message.payload, onFailed = rethrow) => {
    const values: Record<string, unknown> = {};
    const fromPayload = readIgnoringCase(payload);
    for (const field of open) {
      const value = fromPayload(field.vendorName, field.setting);
      if (value !== undefined) values[field[key]] = value;
    }
    for (const { field, typed } of made) {
      const value = await Promise.resolve(evaluate(RED, node, message, field.setting, typed, vendor)).catch(
        (error: unknown) => onFailed(error as ContactCenterError, field.vendorName),
      );
      if (value !== undefined) values[field[key]] = value;
    }
    return values as Partial<Record<F[K], unknown>>;
  };
}

/**
 * As {@link valueReader}, for a table of settings and the vendor's names.
 * @param settings setting -> vendor's name
 * @returns a function from a message, and a payload where it is not the message's own, to values by the vendor's names
 */
export function fieldReader<S extends Readonly<Record<string, string>>>(
  RED: NodeAPI,
  node: Node,
  config: object,
  settings: S,
  vendor: Vendor,
): (message: Message, payload?: unknown, onFailed?: OnFailed) => Promise<Partial<Record<S[keyof S], unknown>>> {
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
