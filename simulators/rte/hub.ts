/**
 * The RTE hub: SignalR's negotiate and WebSocket, and the five hub methods, with subscriptions that live on the connection
 * (vendor document "RTE", "Interface"). It knows nothing of our client; Microsoft's own works with it.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { EVENT_NAMES } from "../../lib/rte/tables.js";
import type { Fault } from "./faults.js";
import { issueToken, isValid, tokenOf, userOf } from "./tokens.js";
import { type ClientRecord, pascalCased, record, records, TYPE } from "./wire.js";

/** How this hub behaves where the vendor's document leaves it open. */
export interface HubManners {
  /** Arguments that `UnsubscribeAll` and `AvailableSubscriptions` want. */
  arity: 0 | 1;
  /** False: `GetActiveSubscriptions` is not a method of the hub. */
  knowsActive: boolean;
  /** Milliseconds between pings. */
  pingMs: number;
}

interface Item {
  EntityId: string;
  EventName: string;
}

/** One connection and what it subscribed, keyed in lower case. */
export interface HubConnection {
  readonly id: string;
  /** Something was kept from it while this hub was silent. */
  missed: boolean;
  readonly socket: WebSocket;
  readonly subscriptions: Map<string, Item>;
}

/** What `sticky-cookie` sets and wants. */
const STICKY = "ARRAffinity=one";
/** Whose tokens `redirect` gives; at the address that it names no others are taken. */
const REDIRECTED = "redirected";
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const HIDDEN_METHODS = ["UserSetting", "CallbackCreated", "CallbackUpdated", "CallbackClosed"];
const OFFERED = new Set([...EVENT_NAMES, ...HIDDEN_METHODS].map((name) => name.toLowerCase()));

function keyOf({ EntityId, EventName }: Item): string {
  return `${EntityId} ${EventName}`.toLowerCase();
}

function isRedirected({ pathname }: URL): boolean {
  return pathname.startsWith(`/${REDIRECTED}`);
}

/** A hub without a server: the simulator hands it requests and upgrades. */
export class RteHub {
  fault: Fault = "none";
  /** Entities that nobody may subscribe, in lower case. */
  readonly unauthorized = new Set<string>();
  readonly connections = new Set<HubConnection>();
  /** What happened, for tests: requests for negotiate, and the hub methods called with their arguments. */
  readonly negotiations: { atMs: number; status: number }[] = [];
  readonly calls: { method: string; args: unknown[] }[] = [];
  private readonly negotiated = new Set<string>();
  /** Calls that still end with an error. */
  private failures = 0;
  private readonly server = new WebSocketServer({ noServer: true });
  private readonly hanging = new Set<ServerResponse | Duplex>();

  constructor(
    readonly manners: HubManners,
    private readonly onChange: () => void,
  ) {}

  private refusal(request: IncomingMessage, url: URL): number | undefined {
    if (this.fault === "unauthorized") return 401;
    if (this.fault === "forbidden") return 403;
    const token = tokenOf(request.headers.authorization, url.searchParams);
    if (this.fault === "redirect" && isRedirected(url) && userOf(token) !== REDIRECTED) return 401;
    return isValid(token) ? undefined : 401;
  }

  /** Sets or lifts a fault. */
  setFault(fault: Fault): void {
    this.fault = fault;
    this.failures = fault === "fail-twice" ? 2 : 0;
    if (fault === "none") this.releaseHanging();
  }

  /** Answers `POST <hub>/negotiate`. */
  negotiate(request: IncomingMessage, response: ServerResponse, url: URL): void {
    request.resume();
    if (this.fault === "hang-negotiate") {
      this.hanging.add(response);
      return;
    }
    const status = this.refusal(request, url) ?? 200;
    this.negotiations.push({ atMs: Date.now(), status });
    if (status !== 200) {
      response
        .writeHead(status, {
          "Content-Length": 0,
          ...(status === 401 && { "WWW-Authenticate": 'Bearer error="invalid_token"' }),
        })
        .end();
      return;
    }
    if (this.fault === "redirect" && !isRedirected(url)) {
      const target = new URL(url);
      target.pathname = `/${REDIRECTED}`;
      target.search = "";
      response
        .writeHead(200, { "Content-Type": "application/json" })
        .end(JSON.stringify({ url: target.href, accessToken: issueToken(REDIRECTED, 60) }));
      return;
    }
    if (this.fault === "sticky-cookie") response.setHeader("Set-Cookie", `${STICKY}; Path=/; HttpOnly`);
    const connectionToken = randomUUID();
    this.negotiated.add(connectionToken);
    const availableTransports = [{ transport: "WebSockets", transferFormats: ["Text", "Binary"] }];
    const version = Number(url.searchParams.get("negotiateVersion") ?? 0);
    const answer =
      version > 0
        ? { negotiateVersion: 1, connectionId: randomUUID(), connectionToken }
        : { connectionId: connectionToken };
    response
      .writeHead(200, { "Content-Type": "application/json" })
      .end(JSON.stringify({ ...answer, availableTransports }));
  }

  /** Takes the upgrade to a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL): void {
    if (this.fault === "hang-upgrade") {
      this.hanging.add(socket);
      return;
    }
    const id = url.searchParams.get("id");
    const isLost =
      (this.fault === "sticky-cookie" && request.headers.cookie?.includes(STICKY) !== true) ||
      (id !== null && !this.negotiated.delete(id));
    const status = this.refusal(request, url) ?? (isLost ? 404 : undefined);
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.server.handleUpgrade(request, socket, head, (webSocket) => this.accept(webSocket));
  }

  private accept(socket: WebSocket): void {
    const connection: HubConnection = { id: randomUUID(), missed: false, socket, subscriptions: new Map() };
    let shaken = false;
    socket.on("error", () => undefined);
    socket.on("message", (data) => {
      for (const message of records((data as Buffer).toString("utf8"))) {
        if (shaken) this.answer(connection, message);
        else shaken = this.handshake(connection, message);
      }
    });
    const ping = setInterval(() => shaken && this.send(connection, record({ type: TYPE.ping })), this.manners.pingMs);
    socket.once("close", () => {
      clearInterval(ping);
      this.connections.delete(connection);
      this.onChange();
    });
  }

  private handshake(connection: HubConnection, { protocol, version }: ClientRecord): boolean {
    if (this.fault === "hang-handshake") return false;
    const error =
      protocol !== "json"
        ? `The protocol '${protocol}' is not supported.`
        : version !== 1
          ? `The server does not support version ${version} of the 'json' protocol.`
          : undefined;
    connection.socket.send(record(error === undefined ? {} : { error }));
    if (error !== undefined) {
      connection.socket.close();
      return false;
    }
    this.connections.add(connection);
    this.onChange();
    return true;
  }

  /** Sends a frame, unless this hub is silent. */
  send(connection: HubConnection, frame: string): void {
    if (this.fault !== "silent") connection.socket.send(frame);
    else connection.missed = true;
  }

  private answer(
    connection: HubConnection,
    { type, target = "", invocationId, arguments: args = [] }: ClientRecord,
  ): void {
    if (type !== TYPE.invocation) return;
    this.calls.push({ method: target, args });
    if (this.fault === "hang-calls") return;
    let outcome: object;
    try {
      const result = this.call(connection, target, args);
      outcome = this.fault === "no-answers" ? {} : { result: this.spelled(result) };
    } catch (error) {
      outcome = { error: (error as Error).message };
    }
    if (invocationId !== undefined) this.send(connection, record({ type: TYPE.completion, invocationId, ...outcome }));
    this.onChange();
  }

  private call(connection: HubConnection, method: string, args: unknown[]): unknown {
    const failed = `Failed to invoke '${method}' due to an error on the server.`;
    if (this.fault === "refuse-calls" || this.failures-- > 0) throw new Error(failed);
    const items = (Array.isArray(args[0]) ? args[0] : []) as Item[];
    if (this.fault === "ten-items" && items.length > 10) throw new Error(failed);
    if (this.fault === "one-bad-item" && items.some(({ EntityId }) => !GUID.test(EntityId))) throw new Error(failed);
    const wants = (count: number): void => {
      if (args.length !== count)
        throw new Error(
          `${failed} InvalidDataException: Invocation provides ${args.length} argument(s) but target expects ${count}.`,
        );
    };
    const { subscriptions } = connection;
    const keeps = this.fault === "keep-subscribed";
    switch (method.toLowerCase()) {
      case "subscribe":
        wants(1);
        return (args[0] as Item[]).map((item) => this.subscribe(subscriptions, item));
      case "unsubscribe":
        wants(1);
        return (args[0] as Item[]).map((item) => {
          if (!keeps) subscriptions.delete(keyOf(item));
          return {
            subscribed: keeps,
            message: keeps ? "Busy" : null,
            entityId: item.EntityId,
            eventName: item.EventName.toLowerCase(),
          };
        });
      case "unsubscribeall":
        wants(this.manners.arity);
        if (!keeps) subscriptions.clear();
        return !keeps;
      case "availablesubscriptions":
        wants(this.manners.arity);
        return [...OFFERED];
      case "getactivesubscriptions":
        if (!this.manners.knowsActive) throw new Error(`${failed} HubException: Method does not exist.`);
        wants(0);
        return Array.from(subscriptions.values(), ({ EntityId, EventName }) => ({
          entityId: EntityId,
          eventName: EventName.toLowerCase(),
        }));
      default:
        throw new Error(`${failed} HubException: Method does not exist.`);
    }
  }

  /** The names of this hub's properties. */
  private spelled(value: unknown): unknown {
    return this.fault === "pascal-case" ? pascalCased(value) : value;
  }

  private subscribe(subscriptions: Map<string, Item>, item: Item): object {
    const eventName = item.EventName.toLowerCase();
    const isKnown = GUID.test(item.EntityId) && !this.unauthorized.has(item.EntityId.toLowerCase());
    const allowed = isKnown && OFFERED.has(eventName);
    if (allowed) subscriptions.set(keyOf(item), item);
    return { subscribed: allowed, message: allowed ? null : "Unauthorized", entityId: item.EntityId, eventName };
  }

  /**
   * Sends an event to every connection that subscribed it.
   * @param data in the hub's own form
   * @returns how many connections got it
   */
  emit(entityId: string, eventName: string, data: unknown): number {
    const key = keyOf({ EntityId: entityId, EventName: eventName });
    let sent = 0;
    for (const connection of this.connections) {
      const item = connection.subscriptions.get(key);
      if (item === undefined) continue;
      const subscription = { entityId: item.EntityId, eventName: eventName.toLowerCase() };
      this.send(
        connection,
        record({
          type: TYPE.invocation,
          target: "MessageReceived",
          arguments: [this.spelled({ subscription, data })],
        }),
      );
      sent++;
    }
    return sent;
  }

  /** Breaks every socket without a word. */
  drop(): void {
    for (const { socket } of this.connections) socket.terminate();
    for (const socket of this.server.clients) socket.terminate();
  }

  /** Ends every connection politely; with an error text when one is given. */
  sayGoodbye(error?: string): void {
    for (const connection of this.connections) {
      connection.socket.send(record({ type: TYPE.close, ...(error !== undefined && { error }) }));
      connection.socket.close(1000);
    }
  }

  /** Ends what a fault kept hanging. A connection that missed something ends too: a socket loses nothing in its middle. */
  releaseHanging(): void {
    for (const { socket, missed } of this.connections) if (missed) socket.terminate();
    for (const held of this.hanging) held.destroy();
    this.hanging.clear();
  }
}
