/** The check of a vendor's credentials. Every comparison takes constant time. */
import { hash, timingSafeEqual } from "node:crypto";

/** The authentication methods, as the setting `auth` names them. */
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

/** The credentials that a request presents. */
export interface PresentedCredentials {
  /** Value of the header that carries the API key. */
  apiKey: string | undefined;
  /** The Authorization header. */
  authorization: string | undefined;
  /** Secret of the path's last segment, or of the query's `key`. */
  secret: string | undefined;
}

const digest = (text: string): Buffer => hash("sha256", text, "buffer");

/** Prepares a comparison with a secret; digests make the lengths equal, as the constant-time comparison wants them. */
function sameAs(secret: string): (presented: string | undefined) => boolean {
  const expected = digest(secret);
  return (presented) => timingSafeEqual(digest(presented ?? ""), expected) && presented !== undefined;
}

/**
 * Prepares the check of a webhook's credentials.
 * @param method the authentication method
 * @param credentials what a request must present
 * @returns a check; undefined when the credential of the method is empty, in which case every request must be refused
 */
export function credentialCheck(
  method: AuthMethod,
  credentials: WebhookCredentials,
): ((presented: PresentedCredentials) => boolean) | undefined {
  const checks: Record<AuthMethod, () => ((presented: PresentedCredentials) => boolean) | undefined> = {
    none: () => () => true,
    apikey: () => {
      if (!credentials.apiKey) return undefined;
      const same = sameAs(credentials.apiKey);
      return (presented) => same(presented.apiKey);
    },
    basic: () => {
      if (!credentials.username || !credentials.password) return undefined;
      const same = sameAs(`${credentials.username}:${credentials.password}`);
      return (presented) => same(userAndPassword(presented.authorization));
    },
    secret: () => {
      if (!credentials.secret) return undefined;
      const same = sameAs(credentials.secret);
      return (presented) => same(presented.secret);
    },
  };
  return checks[method]();
}

/** The `user:password` of a Basic header (RFC 7617), read as UTF-8. */
function userAndPassword(authorization: string | undefined): string | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization ?? "")?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("utf8");
}
