/** The check of a vendor's credentials. Every comparison takes constant time. */
import { timingSafeEqual } from "node:crypto";

/** The authentication methods, as the setting `auth` names them. */
export const AUTH_METHODS = ["none", "apikey", "basic", "secret"] as const;
/** One of {@link AUTH_METHODS}. */
export type AuthMethod = (typeof AUTH_METHODS)[number];

/** The credentials of a webhook node. The second one of each kind is accepted too, so that one can be replaced without a gap. */
export interface WebhookCredentials {
  apiKey?: string;
  apiKey2?: string;
  username?: string;
  password?: string;
  password2?: string;
  secret?: string;
  secret2?: string;
}

/** The credentials that a request presents. */
export interface PresentedCredentials {
  /** Value of the header that carries the API key. */
  apiKey: string | undefined;
  /** The Authorization header. */
  authorization: string | undefined;
  /** The readings of the secret in the address, see {@link secretsInPath} and {@link secretsInQuery}. */
  secrets: readonly string[];
}

/**
 * Prepares a comparison with secrets. It takes as long for a wrong text as for the right one: always as many bytes as the
 * secret has are compared, however many are shown.
 */
function oneOf(
  secrets: readonly Buffer[],
  encoding: "utf8" | "latin1",
): ((presented: string | undefined) => boolean) | undefined {
  const expected = secrets
    .filter(({ length }) => length > 0)
    .map((bytes) => ({ bytes, shown: Buffer.alloc(bytes.length) }));
  if (expected.length === 0) return undefined;
  return (presented = "") => {
    const length = Buffer.byteLength(presented, encoding);
    let isOne = false;
    for (const { bytes, shown } of expected) {
      shown.fill(0).write(presented, encoding);
      const isSame = timingSafeEqual(shown, bytes);
      isOne = (isSame && length === bytes.length) || isOne;
    }
    return isOne;
  };
}

const utf8 = (...secrets: (string | undefined)[]): Buffer[] => secrets.map((secret) => Buffer.from(secret ?? ""));

/**
 * The bytes of what a header carries: clients send text as UTF-8 or as Latin-1, and RFC 7617 leaves it to them for Basic
 * credentials too.
 */
function headerBytes(secret: string | undefined): Buffer[] {
  // oxlint-disable-next-line no-control-regex
  const isLatin1 = /^[\u0000-\u00ff]*$/.test(secret ?? "");
  return isLatin1 ? [...utf8(secret), Buffer.from(secret ?? "", "latin1")] : utf8(secret);
}

/**
 * Prepares the check of a webhook's credentials.
 * @param method the authentication method
 * @param credentials what a request must present, one of each kind at least
 * @returns a check; undefined when the credential of the method is empty, in which case every request must be refused
 */
export function credentialCheck(
  method: AuthMethod,
  credentials: WebhookCredentials,
): ((presented: PresentedCredentials) => boolean) | undefined {
  const { apiKey, apiKey2, username, password, password2, secret, secret2 } = credentials;
  const checks: Record<AuthMethod, () => ((presented: PresentedCredentials) => boolean) | undefined> = {
    none: () => () => true,
    apikey: () => {
      const matches = oneOf([apiKey, apiKey2].flatMap(headerBytes), "latin1");
      return matches && ((presented) => matches(presented.apiKey));
    },
    basic: () => {
      const passwords = [password, password2].filter((each) => each);
      const pairs = username ? passwords.map((each) => `${username}:${each}`) : [];
      const matches = oneOf(pairs.flatMap(headerBytes), "latin1");
      return matches && ((presented) => matches(userAndPassword(presented.authorization)));
    },
    secret: () => {
      const matches = oneOf(utf8(secret, secret2), "utf8");
      return matches && ((presented) => presented.secrets.some(matches));
    },
  };
  return checks[method]();
}

/** The `user:password` of a Basic header (RFC 7617), byte by byte. */
function userAndPassword(authorization: string | undefined): string | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization ?? "")?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("latin1");
}

/** Percent-decodes; undefined for what is not encoded correctly. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Longer texts are no secrets, and not worth decoding. */
const LONGEST_SECRET = 4096;

function readings(...texts: (string | undefined)[]): string[] {
  return [...new Set(texts)].filter((text): text is string => text !== undefined && text !== "");
}

/**
 * What a secret in a path may mean: percent-encoded as it should be, or as it was pasted.
 * @param rest the path behind the webhook's own, as it came, without the leading slash; a slash at its end may be added
 */
export function secretsInPath(rest: string): string[] {
  if (rest.length > LONGEST_SECRET) return [];
  const trimmed = rest.endsWith("/") ? rest.slice(0, -1) : undefined;
  return readings(decoded(rest), rest, trimmed && decoded(trimmed), trimmed);
}

/** What the `key` of a query string may mean: a plus sign may be a blank, or a plus sign that nobody encoded. */
export function secretsInQuery(query: string): string[] {
  const key = /(?:^|&)key=([^&]*)/.exec(query)?.[1];
  return key === undefined || key.length > LONGEST_SECRET
    ? []
    : readings(decoded(key), decoded(key.replaceAll("+", " ")), key);
}
