/** Which values of objects and lists are credentials, as the names beside them say. */
import { isCredentialName } from "../core/credential-names.js";

/** Signatures that open an address to whoever has it. A webhook's own `x-signature`, which a flow may compare, is none. */
const SIGNATURE = /^(?:sig|x-(?:amz|goog)-signature)$/i;
/** What names the value of an item: `{name: "X-Api-Key", value}`. */
const NAMING = ["name", "Name", "key", "Key", "header", "field"] as const;
/** The value of such an item. */
const VALUE = /^(?:value|val|content)$/i;
/** A name: no sentence that speaks of a credential. */
const NAME = /^-{0,2}\w[\w.-]{0,199}$/;
const OPTION = /^-/;
/** Options of a command whose value is a user, a colon and a password. */
const USER_OPTION = /^(?:-u|--(?:proxy-)?user)$/i;

/** True when a property, parameter or setting with this name is a credential. */
export const isSecretName = (name: string): boolean => isCredentialName(name) || SIGNATURE.test(name);

/** True when the value of this object is a credential, since another property says so: an item of a list of headers or fields. */
export function namesSecret(fields: Readonly<Record<string, unknown>>): boolean {
  return NAMING.some((each) => {
    const name = fields[each];
    return typeof name === "string" && isSecretName(name);
  });
}

/** True for the property that {@link namesSecret} is about. */
export const isNamedValue = (name: string): boolean => VALUE.test(name);

/**
 * True when an item of a list is a credential, since the one before it says so: in pairs of names and values, as raw headers
 * are, and behind an option of a command.
 */
export function isSecretItem(list: readonly unknown[], at: number): boolean {
  const name = list[at - 1];
  if (typeof name !== "string" || !NAME.test(name)) return false;
  if (USER_OPTION.test(name)) return String(list[at]).includes(":");
  if (!OPTION.test(name) && (at % 2 === 0 || list.length % 2 === 1)) return false;
  return isSecretName(name);
}
