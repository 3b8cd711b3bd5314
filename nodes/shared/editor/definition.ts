/**
 * What the calls of `registerType` in the nodes' html share. They have to name `defaults`, `icon` and `color` literally, because tools read them
 * there; what they validate with comes from here.
 */
import { isGuid, isRecord } from "../../../lib/core/values.js";
import { isUnfinished, variablesIn } from "../../../lib/core/variables.js";
import { isHeaderName } from "../../../lib/webhook/header-name.js";
import { foldPath, isDotSegment, unusablePart } from "../../../lib/webhook/path.js";
import { isCredentialEmpty } from "./credentials.js";
import { entered, input } from "./fields.js";
import type { EditorNode } from "./red.js";
import { hasCredentials } from "./webhook.js";

/** Checks a setting; the editor calls it with the node as `this`, also while the dialog is open. */
type Validator = (this: EditorNode, value: unknown, options?: unknown) => boolean | string;

/** The one webhook that is asked by GET. */
const LOOKUP = "webitel-lookup-in";

/** True where a text has an environment variable: only the running flow knows what it holds. */
export const hasVariable = (text: string): boolean =>
  text.includes("${") && variablesIn(text).every((name) => name !== "");

/** `sip:name@domain`, with port and parameters. */
const SIP_ADDRESS = /^sip:[^\s@:;<>",]+@[^\s@:;<>",]+(?::\d{1,5})?(?:;[^\s<>",@]+)*$/i;

/** True for a GUID, and for a text with an environment variable. */
export const isIdOrVariable = (text: string): boolean => hasVariable(text) || isGuid(text.trim());

/** Blank is right everywhere: then the message or a default decides. */
function blankOr(check: Validator): Validator {
  return function (value, options) {
    return value === "" || value === undefined || value === null || check.call(this, value, options);
  };
}

function matches(pattern: RegExp): Validator {
  return blankOr(
    (value) => hasVariable(String(value)) || (!isUnfinished(String(value)) && pattern.test(String(value))),
  );
}

/** Validators for `defaults`. All of them allow blank; `required: true` beside them does not. */
export const valid = {
  /** A typed input, whose type is kept in `<setting>Type`. */
  typed(setting: string): Validator {
    const isTyped = RED.validators.typedInput(`${setting}Type`);
    return blankOr(function (value, options) {
      const type = $(`#node-input-${setting}Type`).val() || this[`${setting}Type`] || "str";
      if (type === "str" && isUnfinished(String(value))) return false;
      return isTyped.call(this, value, options);
    });
  },

  /** A text, whose environment variables are finished. */
  text: blankOr((value) => !isUnfinished(String(value))),

  /** A list of texts, or of rows with texts in them, as {@link valid.text}. */
  texts: blankOr((value) => !Array.isArray(value) || value.every(isFinishedItem)),

  /** A typed input whose text must not be that of another one; else the sentence of the key says so. */
  unlike(setting: string, other: string, key: string): Validator {
    const isTyped = valid.typed(setting);
    return function (value, options) {
      const textOf = (name: string, saved: unknown): unknown =>
        ($(`#node-input-${name}Type`).val() || this[`${name}Type`] || "str") === "str" ? saved : undefined;
      const text = textOf(setting, value);
      const isSame = Boolean(text) && text === textOf(other, $(`#node-input-${other}`).val() || this[other]);
      return isSame ? this._(key) : isTyped.call(this, value, options);
    };
  },

  /** A typed input whose text must end so, unless a variable ends it; else the sentence of the key says so. @param next checks the rest */
  ending(setting: string, pattern: RegExp, key: string, next: Validator): Validator {
    return function (value, options) {
      const type = $(`#node-input-${setting}Type`).val() || this[`${setting}Type`] || "str";
      const text = type === "str" && typeof value === "string" ? value.trim() : "";
      if (text !== "" && !text.endsWith("}") && !pattern.test(text)) return this._(key);
      return next.call(this, value, options);
    };
  },

  /** A typed input whose literal is a whole number in a range. */
  typedInteger(setting: string, low: number, high: number): Validator {
    const isTyped = RED.validators.typedInput(`${setting}Type`);
    return blankOr(function (value, options) {
      // In the open dialog the chosen type counts, not the saved one; both are missing in a flow made by hand.
      const type = $(`#node-input-${setting}Type`).val() || this[`${setting}Type`] || "num";
      if (type !== "num") return isTyped.call(this, value, options);
      return isWithin(value, low, high) && Number.isInteger(Number(value));
    });
  },

  /** A number in a range, or an environment variable. */
  number(low: number, high = Infinity): Validator {
    return blankOr((value) => hasVariable(String(value)) || isWithin(value, low, high));
  },

  /** Digits only, or an environment variable. */
  integer(low: number, high = Infinity): Validator {
    return blankOr(
      (value) => hasVariable(String(value)) || (/^\d+$/.test(String(value)) && isWithin(value, low, high)),
    );
  },

  /** A full address, or one with environment variables. @param wrong what it must not match */
  address(schemes = "https?", wrong?: RegExp): Validator {
    const check = matches(new RegExp(`^(?:${schemes})://\\S+$`, "i"));
    return function (value, options) {
      return wrong?.test(String(value)) === true ? false : check.call(this, value, options);
    };
  },

  /** The path of a webhook, or one with environment variables; what is wrong with it is said in the editor's language. */
  path: blankOr(function (this: EditorNode, value) {
    const part = isUnfinished(String(value)) ? "${" : unusablePart(String(value).replace(/\$\{[^}]*\}/g, ""));
    if (part !== undefined) return this._("shared.webhook.hint.path", { part });
    const other = servedBy(this, String(value));
    if (other === undefined) return true;
    const flow = RED.nodes.workspace(String(other["z"]))?.label ?? other["z"];
    return this._("shared.webhook.hint.taken", { name: other["name"] || other["url"], flow });
  }),

  /** The authentication of a webhook: its credentials must be there. */
  auth: blankOr(function (this: EditorNode, value) {
    return hasCredentials(this, value);
  }),

  /** The credentials of a connection: those that a choice (`*`: whatever is chosen) needs must be there, of which `a|b` is one of two. */
  credentials(needed: Readonly<Record<string, readonly string[]>>): Validator {
    // The editor takes a sentence from a function of two parameters only.
    return function (value, _options) {
      const names = needed[String(value)] ?? needed["*"] ?? [];
      const empty = names.map((name) => name.split("|")).find((each) => isCredentialEmpty(this, ...each));
      return empty === undefined || this._("shared.form.empty", { field: this._(`${this.type}.form.${empty[0]}`) });
    };
  },

  /**
   * A credential that its own field is marked for, on a form without a choice that hides it; {@link valid.credentials}
   * marks the node. @param others any of these does as well
   */
  credential(name: string, ...others: string[]): Validator {
    return function (_value, _options) {
      const isEmpty = isCredentialEmpty(this, name, ...others);
      return !isEmpty || this._("shared.form.empty", { field: this._(`${this.type}.form.${name}`) });
    };
  },

  /** The secret of a webhook, which stands at the end of its address. */
  secret: blankOr(function (this: EditorNode, value) {
    return !isDotSegment(String(value).trim()) || this._("shared.webhook.hint.dotted");
  }),

  /** The name of a header, or one with environment variables. */
  headerName: blankOr(function (this: EditorNode, value) {
    const text = String(value).trim();
    return hasVariable(text) || isHeaderName(text) || this._("shared.webhook.hint.header");
  }),

  /** A list of SIP addresses; an item with an environment variable may hold several. */
  sipAddresses(): Validator {
    const check = matches(SIP_ADDRESS);
    return blankOr(function (value, options) {
      return Array.isArray(value) && value.every((item) => item !== "" && check.call(this, item, options));
    });
  },

  /** A list whose items have each of these texts; the one that is named `id` is a GUID. */
  items(id: string, ...texts: string[]): Validator {
    return (value) =>
      !Array.isArray(value) ||
      value.every(
        (item: Record<string, unknown>) =>
          texts.every((text) => item[text] !== "" && !isUnfinished(String(item[text]))) &&
          isIdOrVariable(String(item[id])),
      );
  },

  /** Needed as soon as another setting has a value; then it has to pass `check` as well. */
  neededWhen(setting: string, value: string, check: Validator = () => true): Validator {
    return function (given, options) {
      if (this[setting] === value && (given === "" || given === undefined)) return false;
      return check.call(this, given, options);
    };
  },
};

/** Says below the path of a webhook what is wrong with it. */
export function preparePath(node: EditorNode): void {
  const field = input("url");
  const refresh = (): void => {
    const path = entered(field);
    const why = path.trim() === "" ? node._("shared.webhook.hint.no-path") : valid.path.call(node, path);
    // An address that cannot be called is not to be copied.
    $("#cc-webhook-copy").toggle(typeof why !== "string");
    field.siblings(".cc-warning").remove();
    if (typeof why === "string")
      $("<div>", { class: "cc-hint cc-warning", role: "alert" }).text(why).insertAfter(field);
  };
  field.on("input change", refresh);
  refresh();
}

/** Another webhook of ours with the same path and method; undefined when there is none. */
function servedBy(node: EditorNode, path: string): EditorNode | undefined {
  const folded = foldPath(`/${path}`);
  const isLookup = node.type === LOOKUP;
  let found: EditorNode | undefined;
  RED.nodes.eachNode((other) => {
    const isWebhook = /-(?:layer|event|lookup)-in$|^smartrouting-in$/.test(other.type) && other["d"] !== true;
    const isRival = other.id !== node.id && (other.type === LOOKUP) === isLookup;
    if (isWebhook && isRival && foldPath(`/${String(other["url"])}`) === folded) found = other;
  });
  return found;
}

function isFinishedItem(item: unknown): boolean {
  if (!isRecord(item)) return !isUnfinished(String(item));
  return Object.entries(item).every(
    ([name, value]) => (item[`${name}Type`] ?? "str") !== "str" || !isUnfinished(String(value)),
  );
}

function isWithin(value: unknown, low: number, high: number): boolean {
  const number = Number(value);
  return number >= low && number <= high;
}

/** Options of `registerType` that all nodes share; the editor calls them with the node as `this`. */
export const common = {
  /** Names that a user gave are in italics, as in Node-RED's own nodes. */
  labelStyle(this: EditorNode): string {
    return this["name"] ? "node_label_italic" : "";
  },

  /** What each output is for: `<type>.output.<number>`, counted from 1. */
  outputLabels(this: EditorNode, index: number): string {
    return this._(`${this.type}.output.${index + 1}`);
  },
};
