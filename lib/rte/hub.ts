/**
 * One connection to the hub, from negotiate to its end (vendor document "RTE", "Interface"; ASP.NET Core SignalR, JSON hub
 * protocol). It does not come back: a new connection needs a new token and is a new {@link Hub}.
 */
import type { HttpRequest, HttpResponse, HubConnection, HubMessage, ILogger, MessageType } from "@microsoft/signalr";
import { ContactCenterError, redact } from "./errors.js";
import { networkError } from "../http/rest.js";
import type { Entry } from "./login.js";
import type { Subject } from "./events.js";
import { type Doors, sendHttp, SocketTransport } from "./socket.js";

/** How long to wait, in milliseconds. */
export interface HubTimings {
  negotiateMs: number;
  /** Upgrade and SignalR handshake together. */
  handshakeMs: number;
  /** A hub says something at least every 15 s; after this long it counts as gone. */
  silenceMs: number;
  /** For the answer to a hub method. */
  invokeMs: number;
}

/** Who hears what a hub sends. */
export interface HubHandlers {
  onEvent: (subject: Subject, data: unknown) => void;
  /** A client method that the vendor does not document, or an event without a subscription. */
  onStrange: (target: string) => void;
}

/** Hub methods that the vendor documents. */
export type HubMethod =
  "Subscribe" | "Unsubscribe" | "UnsubscribeAll" | "AvailableSubscriptions" | "GetActiveSubscriptions";

/** Results that older hubs push besides answering the call. */
const PUSHED_RESULTS = new Set([
  "subscribedetails",
  "unsubscribedetails",
  "unsubscribealldetails",
  "availablesubscriptions",
]);

function subjectOf(message: unknown): Subject | undefined {
  const subscription = (message as { subscription?: Partial<Subject> } | null | undefined)?.subscription;
  return typeof subscription?.entityId === "string" && typeof subscription.eventName === "string"
    ? (subscription as Subject)
    : undefined;
}

/** A connection that works. */
export class Hub {
  /** When the hub last said anything, Unix milliseconds. */
  seenMs = Date.now();
  /** Resolves at the end with the reason; with undefined after {@link Hub.stop}. */
  readonly closed: Promise<ContactCenterError | undefined>;
  private end: (reason: ContactCenterError | undefined) => void = () => undefined;
  private isOver = false;
  private connection: HubConnection | undefined;
  private farewell: string | undefined;

  private constructor(
    private readonly entry: Entry,
    private readonly handlers: HubHandlers,
    private readonly timings: HubTimings,
  ) {
    this.closed = new Promise((resolve) => {
      this.end = (reason) => {
        this.isOver = true;
        resolve(reason);
      };
    });
  }

  /**
   * Negotiates, connects and shakes hands.
   * @param signal gives up at once
   * @throws ContactCenterError with the HTTP status, the network's word, or `EHUB`
   */
  static async open(entry: Entry, signal: AbortSignal, handlers: HubHandlers, timings: HubTimings): Promise<Hub> {
    const hub = new Hub(entry, handlers, timings);
    await hub.start(signal);
    return hub;
  }

  private async start(signal: AbortSignal): Promise<void> {
    // Loaded here, so that a palette without a connection does not pay for it.
    const signalR = await import("@microsoft/signalr");
    const giveUp = new AbortController();
    const abort = (): void => giveUp.abort();
    signal.addEventListener("abort", abort, { once: true });
    const doors: Doors = { token: this.entry.token, signal: giveUp.signal, ...this.timings };
    let limit: NodeJS.Timeout | undefined;
    class Door extends signalR.HttpClient {
      override async send(request: HttpRequest): Promise<HttpResponse> {
        const answer = await sendHttp(doors, request);
        clearTimeout(limit);
        limit = setTimeout(() => {
          doors.fault = networkError(
            { vendor: "enreach", operation: "handshake" },
            "ETIMEDOUT",
            request.url ?? "",
            doors.handshakeMs,
          );
          giveUp.abort();
        }, doors.handshakeMs);
        return answer;
      }
    }
    const hear = (messages: HubMessage[]): HubMessage[] => this.hear(messages, signalR.MessageType);
    const seen = (): void => {
      this.seenMs = Date.now();
    };
    // Events leave here and not through `connection.on`, which makes two promises for each.
    class EventProtocol extends signalR.JsonHubProtocol {
      override parseMessages(input: string, logger: ILogger): HubMessage[] {
        seen();
        return hear(super.parseMessages(input, logger));
      }
    }
    if (signal.aborted) abort();
    const connection = new signalR.HubConnectionBuilder()
      .withUrl(this.entry.url, {
        transport: new SocketTransport(doors),
        accessTokenFactory: () => this.entry.token,
        httpClient: new Door(),
      })
      .withHubProtocol(new EventProtocol())
      .configureLogging({ log: () => undefined })
      .withServerTimeout(this.timings.silenceMs)
      .build();
    this.connection = connection;
    connection.onclose(() => this.end(this.whyClosed()));
    try {
      await connection.start();
    } catch (error) {
      giveUp.abort();
      if (signal.aborted) throw networkError({ vendor: "enreach", operation: "connect" }, "ECLOSED", this.entry.url, 0);
      throw doors.fault ?? this.hubError("connect", error);
    } finally {
      clearTimeout(limit);
      signal.removeEventListener("abort", abort);
    }
  }

  /** Takes the events out of a frame; the library sees the rest. */
  private hear(messages: HubMessage[], types: typeof MessageType): HubMessage[] {
    const rest: HubMessage[] = [];
    for (const message of messages) {
      if (message.type === types.Invocation) this.take(message.target, message.arguments[0]);
      else {
        if (message.type === types.Close) this.farewell = message.error ?? "";
        rest.push(message);
      }
    }
    return rest;
  }

  private take(target: string, argument: unknown): void {
    const folded = target === "MessageReceived" ? "messagereceived" : target.toLowerCase();
    if (folded !== "messagereceived") {
      if (!PUSHED_RESULTS.has(folded)) this.handlers.onStrange(target);
      return;
    }
    const subject = subjectOf(argument);
    if (subject === undefined) this.handlers.onStrange(`${target} without a subscription`);
    else this.handlers.onEvent(subject, (argument as { data?: unknown }).data);
  }

  private whyClosed(): ContactCenterError {
    if (this.farewell) return this.hubError("connect", this.farewell);
    const silentMs = Date.now() - this.seenMs;
    // A timer may come a little early by the clock.
    if (silentMs >= this.timings.silenceMs - 50) {
      const seconds = Math.round(silentMs / 1000);
      return new ContactCenterError(
        "ESILENT",
        "rte.errors.silent",
        { vendor: "enreach", operation: "listen" },
        { seconds },
      );
    }
    return networkError({ vendor: "enreach", operation: "listen" }, "ECONNRESET", this.entry.url, 0);
  }

  private hubError(operation: string, error: unknown): ContactCenterError {
    const detail = redact(error instanceof Error ? error.message : String(error), [this.entry.token]).slice(0, 500);
    return new ContactCenterError(
      "EHUB",
      "rte.errors.hub",
      { vendor: "enreach", operation, detail },
      { operation, detail },
    );
  }

  /**
   * Calls a hub method and waits for its result. A hub that does not answer is given up.
   * @throws ContactCenterError `EHUB` when the hub refused, `ECLOSED` when the connection ended, `ETIMEDOUT`
   */
  async invoke(method: HubMethod, ...args: unknown[]): Promise<unknown> {
    const { connection } = this;
    if (connection === undefined || this.isOver)
      throw networkError({ vendor: "enreach", operation: method }, "ECLOSED", this.entry.url, 0);
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      limit = setTimeout(() => {
        const error = networkError(
          { vendor: "enreach", operation: method },
          "ETIMEDOUT",
          this.entry.url,
          this.timings.invokeMs,
        );
        this.end(error);
        void connection.stop();
        reject(error);
      }, this.timings.invokeMs);
    });
    try {
      return await Promise.race([connection.invoke<unknown>(method, ...args), late]);
    } catch (error) {
      if (error instanceof ContactCenterError) throw error;
      throw this.isOver
        ? networkError({ vendor: "enreach", operation: method }, "ECLOSED", this.entry.url, 0)
        : this.hubError(method, error);
    } finally {
      clearTimeout(limit);
    }
  }

  /**
   * Calls a method whose argument count the vendor leaves open: with none, and once more with a list when that is refused.
   * @throws ContactCenterError as {@link Hub.invoke}
   */
  async invokeEither(method: HubMethod, items: readonly unknown[] = []): Promise<unknown> {
    try {
      return await this.invoke(method);
    } catch (error) {
      if (!(error instanceof ContactCenterError) || error.code !== "EHUB") throw error;
      return this.invoke(method, items);
    }
  }

  /** Says good-bye; the socket is gone within half a second. */
  async stop(): Promise<void> {
    this.end(undefined);
    await this.connection?.stop();
  }
}
