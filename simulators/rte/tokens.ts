/** Tokens as the RTE hub takes them: signed JWTs that expire (vendor document "RTE", "Client authentication"). */
import { createHmac, timingSafeEqual } from "node:crypto";

const SECRET = "simulator";

function base64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function sign(text: string): string {
  return createHmac("sha256", SECRET).update(text).digest("base64url");
}

/**
 * @param userId whose token it is
 * @param lifeSeconds from now; negative for one that has expired
 */
export function issueToken(userId: string, lifeSeconds: number): string {
  const exp = Math.floor(Date.now() / 1000) + lifeSeconds;
  const unsigned = `${base64({ alg: "HS256", typ: "JWT" })}.${base64({ sub: userId, exp, jti: Math.random().toString(36).slice(2) })}`;
  return `${unsigned}.${sign(unsigned)}`;
}

/** True for a token that this simulator signed and that has not expired. */
export function isValid(token: string | undefined): boolean {
  const parts = token?.split(".") ?? [];
  if (parts.length !== 3) return false;
  const [head, body, signature] = parts as [string, string, string];
  const expected = Buffer.from(sign(`${head}.${body}`));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
  const { exp } = JSON.parse(Buffer.from(body, "base64url").toString("utf8")) as { exp: number };
  return exp * 1000 > Date.now();
}

/** Whose token it is; undefined for what is no token. */
export function userOf(token: string | undefined): string | undefined {
  try {
    const { sub } = JSON.parse(Buffer.from(token?.split(".")[1] ?? "", "base64url").toString("utf8")) as {
      sub?: string;
    };
    return sub;
  } catch {
    return undefined;
  }
}

/** The token of a request: in the header, or in the query where a transport cannot send headers. */
export function tokenOf(authorization: string | undefined, query: URLSearchParams): string | undefined {
  return /^Bearer (.+)$/i.exec(authorization ?? "")?.[1] ?? query.get("access_token") ?? undefined;
}
