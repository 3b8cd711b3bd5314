/**
 * Keeps credentials out of `msg.req`, wherever a caller or a proxy repeats them. What the vendor sends as data is never
 * changed: a weak password would take digits out of a number.
 */
import { isCredentialName } from "../core/credential-names.js";
import type { WebhookCredentials } from "./credentials.js";

/** Finds the credentials of one webhook. */
export interface Redaction {
  /** True where a text contains a credential, however percent-encoded. */
  leaks(text: string): boolean;
  /** The query string as it came, without the parameters that contain a credential. */
  query(text: string): string;
  /** The query string without the parameter that is made for the secret: what else it holds is the vendor's. */
  withoutKey(text: string): string;
}

/**
 * What names a credential among headers alone. A `sid` or `session` is a browser's only where nothing else is named:
 * `x-call-sid` and `x-session-id` are ids that a flow may need.
 */
const HEADER_ALONE = /^keys?$|access$|^(?:x[-_])?(?:sid|session)$/;

/** True for a header that proves who the vendor is, or who a browser's user is. @param name in lower case */
export const isSecretHeader = (name: string): boolean => isCredentialName(name) || HEADER_ALONE.test(name);

/** Shorter credentials occur in other text by chance: they are looked for between delimiters. */
const SHORTEST_IN_TEXT = 8;
/** A proxy may encode an address that was encoded already. */
const ENCODINGS = 2;

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");

function patternOf(forms: readonly string[]): RegExp | undefined {
  const sources = forms.map((form) =>
    form.length < SHORTEST_IN_TEXT ? `(?<![A-Za-z0-9])${escaped(form)}(?![A-Za-z0-9])` : escaped(form),
  );
  return sources.length === 0 ? undefined : new RegExp(sources.join("|"));
}

/** Decodes what is percent-encoded, and leaves the rest as it is. */
function decoded(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (codes) => {
    try {
      return decodeURIComponent(codes);
    } catch {
      return codes;
    }
  });
}

/** One parameter of a query as it came, and its name and value decoded: a plus sign may be a blank. */
function readings(parameter: string): string[] {
  return [
    parameter,
    ...new URLSearchParams(parameter),
    ...new URLSearchParams(parameter.replaceAll("+", "%2B")),
  ].flat();
}

/**
 * Prepares the removal of the credentials of a webhook; a user name is none.
 * @param isKeySecret drops the query's parameter `key`, whatever it holds; elsewhere that is the vendor's own parameter
 */
export function redactionOf({ username, ...credentials }: WebhookCredentials, isKeySecret: boolean): Redaction {
  const secrets = Object.values(credentials).filter((secret): secret is string => Boolean(secret));
  const passwords = [credentials.password, credentials.password2].filter((password) => password && username);
  const basic = passwords.flatMap((password) =>
    (["utf8", "latin1"] as const).map((encoding) =>
      Buffer.from(`${username}:${password}`, encoding).toString("base64").replace(/=+$/, ""),
    ),
  );
  const plain = [...secrets, ...basic];
  // Node gives a header byte by byte.
  const pattern = patternOf([...new Set([...plain, ...plain.map((text) => Buffer.from(text).toString("latin1"))])]);
  const leaks = (text: string): boolean => {
    if (pattern === undefined) return false;
    for (let [read, left] = [text, ENCODINGS]; ; read = decoded(read), left--) {
      // In an address that a proxy repeats, a plus sign may be a blank.
      if (pattern.test(read) || pattern.test(read.replaceAll("+", " "))) return true;
      if (left === 0 || !read.includes("%")) return false;
    }
  };
  const without = (text: string, isUnwanted: (parameter: string) => boolean): string =>
    text
      .split("&")
      .filter((parameter) => !isUnwanted(parameter))
      .join("&");
  const withoutKey = (text: string): string => (isKeySecret && text !== "" ? without(text, isKey) : text);
  return {
    leaks,
    query: (text) => (text === "" ? text : without(withoutKey(text), (parameter) => readings(parameter).some(leaks))),
    withoutKey,
  };
}

function isKey(parameter: string): boolean {
  return new URLSearchParams(parameter).has("key");
}
