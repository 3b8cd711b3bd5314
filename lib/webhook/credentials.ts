/** How a vendor proves that it is the vendor. Every comparison takes the same time whatever is wrong. */
import { hash, timingSafeEqual } from "node:crypto";

/** The ways, as the setting `auth` names them. */
export const AUTH_METHODS = ["none", "apikey", "basic", "secret"] as const;
/** One of {@link AUTH_METHODS}. */
export type AuthMethod = (typeof AUTH_METHODS)[number];

/** The secrets of a webhook node, as its credentials hold them. */
export interface WebhookCredentials {
  apiKey?: string;
  username?: string;
  password?: string;
  secret?: string;
}

/** What a request shows. */
export interface Shown {
  /** Value of the header that carries the API key. */
  apiKey: string | undefined;
  /** The Authorization header. */
  authorization: string | undefined;
  /** Secret of the path's last segment, or of the query's `key`. */
  secret: string | undefined;
}

const digest = (text: string): Buffer => hash("sha256", text, "buffer");

/** Prepares a comparison with a secret; digests make the lengths equal, as the constant-time comparison wants them. */
function sameAs(secret: string): (shown: string | undefined) => boolean {
  const expected = digest(secret);
  return (shown) => timingSafeEqual(digest(shown ?? ""), expected) && shown !== undefined;
}

/**
 * Prepares the check of a webhook's credentials.
 * @param method how the vendor proves itself
 * @param credentials what it must show
 * @returns a check; undefined when the credential of the method is empty, in which case every request must be refused
 */
export function credentialCheck(
  method: AuthMethod,
  credentials: WebhookCredentials,
): ((shown: Shown) => boolean) | undefined {
  const checks: Record<AuthMethod, () => ((shown: Shown) => boolean) | undefined> = {
    none: () => () => true,
    apikey: () => {
      if (!credentials.apiKey) return undefined;
      const same = sameAs(credentials.apiKey);
      return (shown) => same(shown.apiKey);
    },
    basic: () => {
      if (!credentials.username || !credentials.password) return undefined;
      const same = sameAs(`${credentials.username}:${credentials.password}`);
      return (shown) => same(basicPair(shown.authorization));
    },
    secret: () => {
      if (!credentials.secret) return undefined;
      const same = sameAs(credentials.secret);
      return (shown) => same(shown.secret);
    },
  };
  return checks[method]();
}

/** The `user:password` of a Basic header (RFC 7617), read as UTF-8. */
function basicPair(authorization: string | undefined): string | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization ?? "")?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("utf8");
}
