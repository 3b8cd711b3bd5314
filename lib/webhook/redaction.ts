/** Keeps credentials out of messages, wherever a caller or a proxy repeats them. */
import type { WebhookCredentials } from "./credentials.js";

/** Removes the credentials of one webhook. */
export interface Redaction {
  /** True where a text contains a credential. */
  leaks(text: string): boolean;
  /** The query string as it came, without the parameters that contain a credential. */
  query(text: string): string;
  /** Removes credentials from parsed data, in place: text that is one goes with its name, within a longer text the rest stays. */
  data(value: object): void;
}

/** Shorter credentials occur in other text by chance: they are looked for between delimiters, and not in a body. */
const SHORTEST_IN_TEXT = 8;

/** Each way in which a credential may be written in an address, a header or a text. */
function formsOf(secret: string): string[] {
  const encoded = encodeURIComponent(secret);
  const lowerCase = encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  // Node gives a header byte by byte.
  return [secret, encoded, lowerCase, Buffer.from(secret).toString("latin1")];
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");

function patternOf(forms: readonly string[], flags = ""): RegExp | undefined {
  const sources = forms.map((form) =>
    form.length < SHORTEST_IN_TEXT ? `(?<![A-Za-z0-9])${escaped(form)}(?![A-Za-z0-9])` : escaped(form),
  );
  return sources.length === 0 ? undefined : new RegExp(sources.join("|"), flags);
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
  const basic = passwords.map((password) =>
    Buffer.from(`${username}:${password}`).toString("base64").replace(/=+$/, ""),
  );
  // The longest first: of two that begin alike the whole one is removed.
  const forms = [...new Set([...secrets, ...basic].flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const pattern = patternOf(forms);
  const long = patternOf(
    forms.filter(({ length }) => length >= SHORTEST_IN_TEXT),
    "g",
  );
  const leaks = (text: string): boolean => pattern?.test(text) === true;
  return {
    leaks,
    query: (text) =>
      text === ""
        ? text
        : text
            .split("&")
            .filter((parameter) => !(isKeySecret && isKey(parameter)) && !readings(parameter).some(leaks))
            .join("&"),
    data(value) {
      if (long) clean(value as Record<string, unknown>, long);
    },
  };
}

function isKey(parameter: string): boolean {
  return new URLSearchParams(parameter).has("key");
}

/** `value` is an object or a list of bounded depth; `pattern` is global. */
function clean(value: Record<string, unknown>, pattern: RegExp): void {
  for (const name of Object.keys(value)) {
    const content = value[name];
    if (typeof content === "object" && content !== null) clean(content as Record<string, unknown>, pattern);
    else if (typeof content === "string" && content.search(pattern) >= 0) {
      const rest = content.replace(pattern, "");
      if (rest.trim() === "" && !Array.isArray(value)) delete value[name];
      else value[name] = rest;
    }
    if (name.search(pattern) >= 0) delete value[name];
  }
}
