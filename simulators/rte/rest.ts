/** The REST chain in front of the hub: discovery, secret key, user, token (vendor documents "EnreachAPI" and "RTE"). */
import type { IncomingMessage, ServerResponse } from "node:http";
import { readBody } from "../body.js";
import { CLOSED_QUEUE, QUEUES } from "../directory.js";
import { DEMO, DEMO_USER } from "./seed-data.js";
import { issueToken } from "./tokens.js";

/** What the chain says of itself. */
export interface RestManners {
  /** Host and path of the hub, without a scheme, as the vendor writes it. */
  endpoint: () => string;
  /** This server's own address, with a final slash. */
  apiEndpoint: () => string;
  tokenSeconds: () => number;
}

const BODY_LIMIT = 16_384;

function send(response: ServerResponse, status: number, body?: unknown): void {
  const headers = { "Content-Type": "application/json", ...(status === 401 && { "WWW-Authenticate": "Basic" }) };
  response.writeHead(status, headers).end(body === undefined ? "" : JSON.stringify(body));
}

function isDemo(authorization: string | undefined): boolean {
  const given = Buffer.from(/^Basic (.+)$/i.exec(authorization ?? "")?.[1] ?? "", "base64").toString("utf8");
  return given.toLowerCase() === `${DEMO.email}:${DEMO.secretKey}`.toLowerCase();
}

function discover(email: string | null, { apiEndpoint }: RestManners): unknown[] {
  if (email?.toLowerCase() !== DEMO.email) return [];
  const uiEndpoint = `${apiEndpoint()}Account/LogOn/`;
  return [
    {
      siloName: "Demo",
      username: DEMO.email,
      apiEndpoint: apiEndpoint(),
      uiEndpoint,
      authority: null,
      authorityIdPHint: null,
      basicAuthEndpoint: null,
    },
  ];
}

/** Answers one request of the chain. */
export async function answerRest(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  manners: RestManners,
): Promise<void> {
  const path = url.pathname.replace(/\/+$/, "");
  const body = await readBody(request, BODY_LIMIT);
  const json = (): Record<string, unknown> => (body === "" ? {} : (JSON.parse(body) as Record<string, unknown>));
  if (path === "/api/user")
    return send(
      response,
      200,
      discover(request.method === "POST" ? String(json()["user"]) : url.searchParams.get("user"), manners),
    );
  if (request.method === "POST" && path.startsWith("/authuser/")) {
    const { UserName, Password } = json();
    const right =
      decodeURIComponent(path.slice(10)).toLowerCase() === DEMO.email &&
      UserName === DEMO.email &&
      Password === DEMO.password;
    return right
      ? send(response, 200, { UserID: DEMO_USER.id, SecretKey: DEMO.secretKey })
      : send(response, 401, { Message: "Invalid user name or password" });
  }
  const answers: Readonly<Record<string, () => unknown>> = {
    "/users/me": () => ({ Id: DEMO_USER.id, OrganizationID: DEMO_USER.organizationId, UserName: DEMO.email }),
    "/queues": () => [...QUEUES, CLOSED_QUEUE].map(({ id, name, number }) => ({ Id: id, Name: name, Number: number })),
    [`/token/${DEMO_USER.id}/rte`]: () => ({
      Token: issueToken(DEMO_USER.id, manners.tokenSeconds()),
      WSSEndpoint: manners.endpoint(),
    }),
  };
  const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
  // Before the credentials are looked at: at a wrong address they are not what is wrong.
  if (answer === undefined) return send(response, 404, { Message: "Not found" });
  if (!isDemo(request.headers.authorization)) return send(response, 401, { Message: "Unauthorized" });
  return send(response, 200, answer());
}
