/**
 * The way to a hub: negotiate over the pack's own REST client, and SignalR's transport over one WebSocket.
 *
 * SignalR's own http client requires whatever `tough-cookie` another pack hoisted and then cannot negotiate, and it hides
 * the status of a refusal. Its own socket waits for ever for an answer to the upgrade, and lingers after the end.
 */
import type { Agent } from "node:http";
import type { AgentOptions } from "node:https";
import type { Socket } from "node:net";
import type { HttpRequest, ITransport } from "@microsoft/signalr";
import type { WebSocket } from "ws";
import { ContactCenterError } from "./errors.js";
import { STEADY } from "../core/clock.js";
import { readIgnoringCase } from "../core/values.js";
import { tunnelAgent } from "../http/proxy.js";
import { ProxyFault } from "../http/proxy-fault.js";
import { networkError, proxyError, statusError } from "../http/errors.js";
import { createRestClient, type RestAnswer, type RestClient } from "../http/rest.js";
import { checkedAddress, httpAddress, isHeaderText, isSafe, unusableAnswer } from "./login.js";

/** What negotiate and the WebSocket share, and where they leave what they saw. */
export interface TransportContext {
  /** The hub's address and the user's own token, which goes to that host only. */
  url: string;
  token: string;
  tls?: AgentOptions | undefined;
  /** Ends everything at once. */
  signal: AbortSignal;
  /** Milliseconds for negotiate. */
  negotiateMs: number;
  /** Milliseconds for the upgrade. */
  handshakeMs: number;
  /** Milliseconds between two looks at whether everything was read. */
  drainMs: number;
  /** `Authorization` of the last negotiate request: after a redirect it is another token. */
  authorization?: string | undefined;
  /** Cookies by origin and name: a load balancer finds the server of the negotiation by them. */
  cookies: Map<string, Map<string, string>>;
  /** Requests so far; a redirect makes another one. */
  requests: number;
  /** The real reason of a failure; SignalR's own error is a sentence only. */
  fault?: ContactCenterError;
}

/** Milliseconds in which the other side may answer a close before the socket is cut. */
const CLOSE_MS = 500;
/** Redirects that answers to negotiate name. */
const MAX_REDIRECTS = 10;
/** Redirects by HTTP that are followed. */
const MAX_HTTP_REDIRECTS = 5;
const NEGOTIATE = { vendor: "enreach", operation: "negotiate" } as const;
const CONNECT = { vendor: "enreach", operation: "connect" } as const;

function originOf(address: string): string {
  return new URL(httpAddress(address)).origin;
}

/** Headers for an address: its cookies, and the token unless it is the user's own and the host is another one. */
function headersFor(context: TransportContext, address: string): Record<string, string> {
  const { token, url, cookies } = context;
  const authorization = context.authorization ?? `Bearer ${token}`;
  const isForeign = originOf(address) !== originOf(url) && authorization.includes(token);
  const jar = [...(cookies.get(originOf(address)) ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
  return { ...(!isForeign && { Authorization: authorization }), ...(jar !== "" && { Cookie: jar }) };
}

/** True for a cookie that the server takes back: by `Max-Age`, and without one by `Expires`. */
function isPast(cookie: string): boolean {
  const [age, expires] = ["max-age", "expires"].map(
    (name) => RegExp(`;\\s*${name}\\s*=([^;]*)`, "i").exec(cookie)?.[1],
  );
  return age === undefined ? Date.parse(expires ?? "") <= Date.now() : Number(age) <= 0;
}

function keepCookies({ cookies }: TransportContext, address: string, answer: RestAnswer): void {
  const jar = cookies.get(originOf(address)) ?? new Map<string, string>();
  cookies.set(originOf(address), jar);
  for (const cookie of answer.cookies) {
    const [, name = "", value = ""] = /^\s*([^=;]+?)\s*=\s*([^;]*?)\s*(?:;|$)/.exec(cookie) ?? [];
    if (isPast(cookie)) jar.delete(name);
    else if (name !== "") jar.set(name, value);
  }
}

/** Properties of negotiate's answer that SignalR reads, in its spelling. */
const NEGOTIATED = [
  "negotiateVersion",
  "connectionId",
  "connectionToken",
  "availableTransports",
  "url",
  "accessToken",
  "error",
  "ProtocolVersion",
  "useStatefulReconnect",
];

/**
 * Reads an answer to negotiate, its names in any case.
 * @returns what SignalR reads of it, in its spelling
 * @throws ContactCenterError `EANSWER` without a connection, a safe address or an error of the hub's own
 */
function readNegotiated(body: unknown): Record<string, unknown> {
  const read = readIgnoringCase(body);
  const found = NEGOTIATED.map((name) => [name, read(name)] as const);
  const answer = Object.fromEntries(found.filter(([, value]) => value !== undefined && value !== null));
  // Version 0 has no token: its id is one.
  const token = Number(answer["negotiateVersion"] ?? 0) >= 1 ? "connectionToken" : "connectionId";
  const isUsable = ["url", "error", "ProtocolVersion", token].some((name) => {
    const value = answer[name];
    return typeof value === "string" && value !== "";
  });
  if (!isUsable) throw unusableAnswer("negotiate", token);
  const { url = "", accessToken = "" } = answer;
  if (typeof accessToken !== "string" || !isHeaderText(accessToken)) throw unusableAnswer("negotiate", "accessToken");
  if (typeof url !== "string" || (url !== "" && !isSafe(url))) throw redirectError("EANSWER", url);
  return url === "" ? answer : { ...answer, url: httpAddress(url) };
}

/** The error of a redirect that is not followed. Of its address only the host is named: the rest may be secret. */
function redirectError(code: number | string, address: unknown): ContactCenterError {
  const origin =
    typeof address === "string" && URL.canParse(address) ? new URL(address).origin : "an address that is none";
  const cause = { ...NEGOTIATE, ...(typeof code === "number" && { status: code }) };
  return new ContactCenterError(code, "rte.errors.redirect", cause, { address: origin });
}

/** Sends a request, and follows redirects that keep its method and stay at the host. */
async function send(
  context: TransportContext,
  client: RestClient,
  method: "POST" | "DELETE",
  first: string,
  { Authorization: _shared, ...headers }: Record<string, string> = {},
): Promise<RestAnswer> {
  const endMs = STEADY.now() + context.negotiateMs;
  let address = first;
  for (let left = MAX_HTTP_REDIRECTS; ; left--) {
    const { pathname, search } = new URL(address);
    const answer = await client.request({
      operation: NEGOTIATE.operation,
      method,
      path: pathname + search,
      headers: { ...headers, ...headersFor(context, address) },
      signal: context.signal,
      timeoutMs: endMs - STEADY.now(),
      takesRedirect: true,
    });
    keepCookies(context, address, answer);
    const { status } = answer;
    if (status < 300) return answer;
    const location = answer.headers["location"];
    const next = location !== undefined && URL.canParse(location, address) ? new URL(location, address) : undefined;
    if (left === 0 || ![307, 308].includes(status) || next?.origin !== originOf(address))
      throw redirectError(status, next?.href ?? "");
    address = next.href;
  }
}

/**
 * Sends one of SignalR's requests.
 * @throws ContactCenterError with the HTTP status or the network's word; it is left in the context too
 */
export async function sendHttp(
  context: TransportContext,
  request: HttpRequest,
): Promise<{ statusCode: number; content: string }> {
  const address = request.url ?? "";
  try {
    if (++context.requests > MAX_REDIRECTS) throw unusableAnswer("negotiate", "url");
    context.authorization = request.headers?.["Authorization"];
    const client = createRestClient({
      vendor: "enreach",
      baseUrl: originOf(address),
      isShared: true,
      secrets: () => [context.token, context.authorization?.replace(/^Bearer /i, "")],
      timeoutMs: context.negotiateMs,
      ...(context.tls && { tls: context.tls }),
    });
    try {
      const method = request.method === "DELETE" ? "DELETE" : "POST";
      const answer = await send(context, client, method, address, request.headers);
      return {
        statusCode: answer.status,
        content: method === "POST" ? JSON.stringify(readNegotiated(answer.body)) : "",
      };
    } finally {
      client.close();
    }
  } catch (error) {
    if (error instanceof ContactCenterError) context.fault = error;
    throw error;
  }
}

/** SignalR's transport over one WebSocket. */
export class SocketTransport implements ITransport {
  onreceive: ((data: string | ArrayBuffer) => void) | null = null;
  onclose: ((error?: unknown) => void) | null = null;
  /** When everything that had arrived was read, Unix milliseconds. A flow that is behind keeps it back. */
  drainedMs = STEADY.now();
  private socket: WebSocket | undefined;

  /** @param onDrained called each time that everything was read */
  constructor(
    private readonly context: TransportContext,
    private readonly onDrained: () => void,
  ) {}

  /** Opens the socket; the token travels in a header, so that no address with a token can reach a log. */
  async connect(url: string): Promise<void> {
    try {
      const address = checkedAddress("negotiate", "url", url).replace(/^http/i, "ws");
      const agent = await tunnelAgent(address, "enreach");
      await this.open(address, agent);
    } catch (error) {
      if (error instanceof ContactCenterError) this.context.fault ??= error;
      throw error;
    }
  }

  private open(address: string, agent: Agent | undefined): Promise<void> {
    const { context } = this;
    // Loaded here, so that a palette without a connection costs nothing at start.
    const ws = require("ws") as typeof import("ws");
    const socket = new ws.WebSocket(address, {
      ...context.tls,
      headers: headersFor(context, address),
      handshakeTimeout: context.handshakeMs,
      perMessageDeflate: false,
      skipUTF8Validation: true,
      ...(agent && { agent }),
    });
    const cut = (): void => socket.terminate();
    context.signal.addEventListener("abort", cut, { once: true });
    return new Promise((resolve, reject) => {
      socket.once("upgrade", ({ socket: tcp }) => this.watch(socket, tcp));
      socket.once("open", () => {
        this.socket = socket;
        resolve();
      });
      socket.once("unexpected-response", (_request, response) => {
        const status = response.statusCode ?? 0;
        context.fault = statusError({ ...CONNECT, status }, status);
        response.resume();
        cut();
      });
      socket.on("error", (error: Error & { code?: string }) => {
        const code = error.message.includes("handshake has timed out") ? "ETIMEDOUT" : (error.code ?? "ENETWORK");
        context.fault ??=
          error instanceof ProxyFault
            ? proxyError(CONNECT, error, address)
            : networkError(CONNECT, code, address, context.handshakeMs);
        reject(error);
      });
      socket.on("message", (data) => {
        if (this.socket !== socket) return;
        yieldToEventLoop(socket);
        try {
          this.onreceive?.((data as Buffer).toString("utf8"));
        } catch {
          // A frame that is no SignalR: what follows it cannot be trusted either.
          void this.stop();
        }
      });
      socket.once("close", () => {
        context.signal.removeEventListener("abort", cut);
        this.leave();
      });
    });
  }

  /** Notes when everything was read: nothing more came in a turn of the event loop in which the socket was being read. */
  private watch(socket: WebSocket, tcp: Socket): void {
    const timer = setInterval(() => {
      const [nowMs, { bytesRead }] = [STEADY.now(), tcp];
      // By then what had arrived before has been read.
      setImmediate(() => {
        if (socket.isPaused || tcp.bytesRead !== bytesRead) return;
        this.drainedMs = nowMs;
        this.onDrained();
      });
    }, this.context.drainMs);
    this.drainedMs = STEADY.now();
    socket.once("close", () => clearInterval(timer));
  }

  /** Sends one frame. */
  send(data: string | ArrayBuffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.socket === undefined) reject(new Error("not connected"));
      else this.socket.send(data, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Closes; a peer that does not answer does not keep the socket. Resolves when the socket is gone. */
  stop(): Promise<void> {
    const { socket } = this;
    this.leave();
    if (socket === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const cut = setTimeout(() => socket.terminate(), CLOSE_MS);
      socket.once("close", () => {
        clearTimeout(cut);
        resolve();
      });
      socket.close();
    });
  }

  /** Tells SignalR once, and only of a socket that was open: a failure to open is the rejection of `connect`. */
  private leave(): void {
    if (this.socket === undefined) return;
    this.socket = undefined;
    this.onclose?.();
  }
}

/**
 * Lets the flow work off what came before more is read. Otherwise a burst of two megabytes becomes messages at once, which
 * wait in memory, outlive the young generation and keep every other flow waiting.
 */
function yieldToEventLoop(socket: WebSocket): void {
  if (socket.isPaused) return;
  socket.pause();
  setImmediate(() => socket.resume());
}
