/** What a scenario may hold of recorded values: their shape, without credentials. Pure. */
import { isRecord } from "../core/values.js";
import { isNamedValue, isSecretItem, isSecretName, namesSecret } from "./credential-items.js";
import { HIDDEN, withoutCredentials } from "./credentials.js";

/** A value of which something is hidden: nobody knows what a flow makes of it. */
const UNKNOWN = Symbol("unknown");

/** A value that a flow is given: each text and number that is a credential is `[hidden]`, and the rest stays as it is. */
export function withHidden(value: unknown): unknown {
  return hidden(value, false, HIDDEN);
}

/**
 * A value that a flow has to bring, without what depends on a credential.
 * @returns undefined where nothing is left to compare
 */
export function withoutHidden(value: unknown): unknown {
  const left = hidden(value, false, UNKNOWN);
  return left === UNKNOWN ? undefined : left;
}

/** The part of a sentence that stands before a credential. */
export function beforeHidden(text: string): string {
  return withoutCredentials(text).split(HIDDEN, 1)[0] ?? "";
}

/** @param isSecret it stands under a name that says so @param mark stands for a credential */
function hidden(value: unknown, isSecret: boolean, mark: typeof HIDDEN | typeof UNKNOWN): unknown {
  if (typeof value === "string") return textOf(value, isSecret, mark);
  if (typeof value === "number") return isSecret ? mark : value;
  if (Array.isArray(value)) {
    const list = value.map((each, at) => hidden(each, isSecret || isSecretItem(value, at), mark));
    // Places count in a list.
    return list.includes(UNKNOWN) ? UNKNOWN : list;
  }
  if (!isRecord(value)) return value;
  const isNamed = namesSecret(value);
  const fields = Object.entries(value).map(([name, each]): [string, unknown] => [
    name,
    hidden(each, isSecret || isSecretName(name) || (isNamed && isNamedValue(name)), mark),
  ]);
  return Object.fromEntries(fields.filter(([, each]) => each !== UNKNOWN));
}

function textOf(text: string, isSecret: boolean, mark: typeof HIDDEN | typeof UNKNOWN): string | symbol {
  if (isSecret) return text === "" ? text : mark;
  const open = withoutCredentials(text);
  return open === text || mark === HIDDEN ? open : mark;
}
