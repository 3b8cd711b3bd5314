/**
 * A SignalR hub for tests, made from the public specifications alone (ASP.NET Core SignalR: transport protocols, hub
 * protocol). It shares nothing with the simulator, so that a fault of one does not hide in the other. What it answers is
 * the test's: functions that may be replaced at any time.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { SERVER_TLS } from "./tls.js";

const RECORD_END = "\u001e";
const [INVOCATION, COMPLETION, PING] = [1, 3, 6];

/** What the answer to negotiate consists of. */
export interface NegotiateAnswer {
  status?: number;
  headers?: Record<string, string | string[]>;
  body?: object | null;
}

/** An item as the hub gets it. */
export interface Item {
  EntityId: string;
  EventName: string;
}

/** A request for negotiate or upgrade. */
export interface HubRequest {
  kind: "negotiate" | "upgrade";
  path: string;
  headers: IncomingHttpHeaders;
}

/** Answers every item with `subscribed`. */
export function agree(items: Item[], subscribed = true, message: string | null = null): object[] {
  return items.map(({ EntityId, EventName }) => ({
    entityId: EntityId,
    eventName: EventName.toLowerCase(),
    subscribed,
    message,
  }));
}

/** The running hub. */
export class RawHub {
  readonly requests: HubRequest[] = [];
  readonly calls: { method: string; args: unknown[]; atMs: number }[] = [];
  readonly sockets = new Set<WebSocket>();
  /** Milliseconds between pings. */
  pingMs = 40;
  onNegotiate: (request: IncomingMessage) => NegotiateAnswer = () => ({});
  /** A status refuses the upgrade. */
  onUpgrade: (request: IncomingMessage) => number | undefined = () => undefined;
  /** The result of a call; what it throws becomes the error of the completion; a promise keeps the caller waiting. */
  onCall: (method: string, args: unknown[]) => unknown = (method, args) =>
    method === "UnsubscribeAll"
      ? true
      : method === "Unsubscribe"
        ? agree(args[0] as Item[], false)
        : agree(args[0] as Item[]);
  private readonly server;
  private readonly webSockets = new WebSocketServer({ noServer: true });

  private constructor(private readonly isTls: boolean) {
    const listener: RequestListener = (request, response) => {
      request.resume();
      this.note("negotiate", request);
      const { status = 200, headers = {}, body } = this.onNegotiate(request);
      const standard = {
        negotiateVersion: 1,
        connectionId: "c",
        connectionToken: "t",
        availableTransports: [{ transport: "WebSockets", transferFormats: ["Text", "Binary"] }],
      };
      response
        .writeHead(status, { "Content-Type": "application/json", ...headers })
        .end(JSON.stringify(body === undefined ? standard : body));
    };
    this.server = isTls ? createTlsServer(SERVER_TLS, listener) : createServer(listener);
    this.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.note("upgrade", request);
      const status = this.onUpgrade(request);
      if (status !== undefined) socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
      else this.webSockets.handleUpgrade(request, socket, head, (webSocket) => this.accept(webSocket));
    });
  }

  /** Starts a hub on a free port of loopback. */
  static async start(isTls = false): Promise<RawHub> {
    const hub = new RawHub(isTls);
    await new Promise<void>((resolve) => hub.server.listen(0, "127.0.0.1", resolve));
    return hub;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Its address, under a name of the test certificate or as 127.0.0.1. */
  url(host = "127.0.0.1"): string {
    return `${this.isTls ? "https" : "http"}://${host}:${this.port}/hub`;
  }

  private note(kind: HubRequest["kind"], { url = "", headers }: IncomingMessage): void {
    this.requests.push({ kind, path: url, headers });
  }

  private accept(socket: WebSocket): void {
    this.sockets.add(socket);
    const ping = setInterval(() => socket.send(JSON.stringify({ type: PING }) + RECORD_END), this.pingMs);
    socket.on("error", () => undefined);
    socket.once("close", () => {
      clearInterval(ping);
      this.sockets.delete(socket);
    });
    let hasShaken = false;
    socket.on("message", (data) => {
      for (const text of (data as Buffer).toString("utf8").split(RECORD_END)) {
        if (text === "") continue;
        if (hasShaken) void this.answer(socket, JSON.parse(text) as Record<string, unknown>);
        else socket.send(`{}${RECORD_END}`);
        hasShaken = true;
      }
    });
  }

  private async answer(socket: WebSocket, message: Record<string, unknown>): Promise<void> {
    if (message["type"] !== INVOCATION) return;
    const {
      target,
      arguments: args,
      invocationId,
    } = message as { target: string; arguments: unknown[]; invocationId?: string };
    this.calls.push({ method: target, args, atMs: Date.now() });
    let outcome: object;
    try {
      const result = await this.onCall(target, args);
      outcome = result === undefined ? {} : { result };
    } catch (error) {
      outcome = { error: (error as Error).message };
    }
    socket.send(JSON.stringify({ type: COMPLETION, invocationId, ...outcome }) + RECORD_END);
  }

  /** Calls a method of every client. */
  push(target: string, ...args: unknown[]): void {
    for (const socket of this.sockets)
      socket.send(JSON.stringify({ type: INVOCATION, target, arguments: args }) + RECORD_END);
  }

  /** Sends an event in the hub's own form. */
  emit(entityId: string, eventName: string, data: object = {}): void {
    this.push("MessageReceived", { subscription: { entityId, eventName: eventName.toLowerCase() }, data });
  }

  /** How often a method was called. */
  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  /** Breaks every socket. */
  drop(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.drop();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
