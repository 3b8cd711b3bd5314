/** Reads the settings and credentials of a node with their environment variables. */
import type { Node, NodeAPI, NodeDef } from "node-red";
import { type ContactCenterError, type ErrorCause, refused } from "../../lib/core/errors.js";
import { textOf } from "../../lib/core/values.js";
import { isVariable, replaceVariables } from "../../lib/core/variables.js";

/** What a variable leaves that is set to nothing, also in a list of several. */
const NOTHING = /^[\s,;]*$/;

/** True where a variable is not set, or set to nothing. */
export function isUnset(RED: NodeAPI, node: Node, name: string): boolean {
  return isNothing(RED.util.getSetting(node, name));
}

const isNothing = (value: unknown): boolean => value === undefined || textOf(value).trim() === "";

/** A text setting, read. */
export interface ReadText {
  /** With its variables in place; empty where that is impossible, since the rest would mean something else. */
  text: string;
  /** The variables that are named and not set. One that is set to nothing counts only where nothing else is in the text. */
  unset: string[];
  /** True for `${` without its `}`, and for `${}`. */
  isUnfinished: boolean;
}

/**
 * Reads a text setting: `${NAME}` anywhere in it is an environment variable, `${NAME:-text}` one with a default.
 * @param node whose flow, group and subflow variables are seen
 * @param entered as it came to the node: Node-RED has put in those that are set, where the text was nothing but a variable
 */
export function readText(RED: NodeAPI, node: Node, entered: string): ReadText {
  const unset: string[] = [];
  const empty: string[] = [];
  let isUnfinished = false;
  const text = replaceVariables(entered, ({ name, preset }) => {
    if (name === "") {
      isUnfinished = true;
      return "";
    }
    const value = RED.util.getSetting(node, name) as unknown;
    if (preset !== undefined && isNothing(value)) return preset;
    if (value === undefined) unset.push(name);
    else if (isNothing(value)) empty.push(name);
    return value === undefined ? "" : textOf(value);
  });
  if (isUnfinished || unset.length > 0) return { text: "", unset, isUnfinished };
  return text.trim() === "" && empty.length > 0
    ? { text: "", unset: empty, isUnfinished }
    : { text, unset, isUnfinished };
}

/**
 * Reads a credential: as it is, letter by letter, unless the whole of it is a variable. What a generator of passwords makes
 * may hold `${`, and Node-RED itself puts in variables that are the whole of a credential only.
 * @param entered as it came to the node
 */
export function readCredential(RED: NodeAPI, node: Node, entered: string): ReadText {
  const text = entered.trim();
  return isVariable(text) ? readText(RED, node, text) : { text: entered, unset: [], isUnfinished: false };
}

/** Why a text cannot be used; undefined where it can. @param cause names the setting */
export function textProblem({ unset, isUnfinished }: ReadText, cause: ErrorCause): ContactCenterError | undefined {
  if (isUnfinished) return refused("shared.errors.unfinished", cause);
  return unset.length > 0 ? refused("shared.errors.unset", cause, { names: unset.join(", ") }) : undefined;
}

function usable(read: ReadText, cause: ErrorCause): string {
  const problem = textProblem(read, cause);
  if (problem) throw problem;
  return read.text;
}

/**
 * Reads a text setting without which a node cannot do its work, as {@link readText}.
 * @param cause names the setting, for the error
 * @throws ContactCenterError `EINVALID` when a variable is not set, or unfinished
 */
export function envText(RED: NodeAPI, node: Node, text: string, cause: ErrorCause): string {
  return usable(readText(RED, node, text), cause);
}

/**
 * Reads a credential, as {@link readCredential}.
 * @param cause names it, for the error
 * @throws ContactCenterError `EINVALID` when it is a variable that is not set
 */
export function envCredential(RED: NodeAPI, node: Node, text: string, cause: ErrorCause): string {
  return usable(readCredential(RED, node, text), cause);
}

/**
 * The settings of a node that is being made. Where a text is nothing but a variable, Node-RED has put in its value: of one
 * that is set to nothing a blank setting is left, in whose place a message or a default would count. Such a text is put back.
 */
export function asEntered<T extends NodeDef>(RED: NodeAPI, config: T): T {
  const { id, _alias = id } = config as T & { _alias?: string };
  let entered: object = config;
  RED.nodes.eachNode((each) => {
    if (each.id === _alias) entered = each;
  });
  putBack(config, entered);
  return config;
}

/**
 * The credentials of a node, read as {@link asEntered}.
 * @param node that has been made
 */
export function enteredCredentials<T extends object>(RED: NodeAPI, node: Node<T>): T {
  const { id, _alias = id } = node as Node<T> & { _alias?: string };
  const given = node.credentials ?? {};
  putBack(given, RED.nodes.getCredentials(_alias));
  return given;
}

/** In place: Node-RED has made the copy for this node, and hangs on it what no copy has. */
function putBack(given: object, entered: unknown): void {
  if (typeof entered !== "object" || entered === null) return;
  const known = entered as Record<string, unknown>;
  for (const [name, value] of Object.entries(given)) {
    const original = known[name];
    if (typeof value === "object" && value !== null) putBack(value as object, original);
    else if (typeof value === "string" && typeof original === "string" && NOTHING.test(value) && isVariable(original))
      (given as Record<string, unknown>)[name] = original;
  }
}
