/**
 * One connection to the hub, from negotiate to its end, and the hub's methods (vendor document "RTE", "Interface"; ASP.NET
 * Core SignalR, JSON hub protocol). It does not come back: a new connection needs a new token and is a new {@link Hub}.
 */
import type { HubConnection } from "@microsoft/signalr";
import { ContactCenterError } from "./errors.js";
import { redact } from "../core/redact.js";
import { STEADY } from "../core/clock.js";
import { propertiesIgnoringCase, readIgnoringCase } from "../core/values.js";
import { networkError } from "../http/errors.js";
import { type Subject, subjectKey } from "./subject.js";
import type { Answer } from "./subscription.js";
import { type HubEndpoint, unusableAnswer } from "./login.js";
import { SocketTransport, type TransportContext } from "./socket.js";
import { catalogueName } from "./tables.js";
import type { HubTimings } from "./timings.js";

/** Answers by {@link subjectKey}. */
export type Answers = ReadonlyMap<string, Answer>;

/** What a hub sends by itself. */
export interface HubHandlers {
  onEvent: (subject: Subject, data: unknown) => void;
  /** Answers to `Subscribe` that an older hub pushes instead of returning them. */
  onAnswers: (answers: Answers) => void;
  /** Something that the vendor does not document, and that is dropped: a client method, or an event without a subscription. */
  onDropped: (what: string) => void;
}

/** Hub methods that the vendor documents. */
type HubMethod = "Subscribe" | "Unsubscribe" | "UnsubscribeAll" | "AvailableSubscriptions" | "GetActiveSubscriptions";

/** Results that older hubs push besides answering the call. */
const PUSHED_RESULTS = new Set(["unsubscribedetails", "unsubscribealldetails", "availablesubscriptions"]);

/** The error of a call without a connection, or whose connection ended: `ECLOSED`. */
export function noConnection(operation: string): ContactCenterError {
  return new ContactCenterError("ECLOSED", "rte.errors.disconnected", { vendor: "enreach", operation }, { operation });
}

function subjectOf(subscription: unknown): Subject | undefined {
  const { entityId, eventName } = (subscription ?? {}) as Partial<Subject>;
  if (typeof entityId === "string" && typeof eventName === "string") return subscription as Subject;
  const read = readIgnoringCase(subscription);
  const [id, name] = [read("entityId"), read("eventName")];
  return typeof id === "string" && typeof name === "string" ? { entityId: id, eventName: name } : undefined;
}

/** Reads a list of answers; items that cannot be read are left out. */
function readAnswers(items: unknown): Map<string, Answer> {
  const answers = new Map<string, Answer>();
  for (const item of Array.isArray(items) ? (items as unknown[]) : []) {
    const subject = subjectOf(item);
    const read = readIgnoringCase(item);
    const message = read("message");
    if (subject === undefined) continue;
    answers.set(subjectKey(subject), {
      subscribed: String(read("subscribed")).toLowerCase() === "true",
      message: typeof message === "string" ? message : null,
    });
  }
  return answers;
}

function wireItems(subjects: readonly Subject[]): { EntityId: string; EventName: string }[] {
  return subjects.map(({ entityId, eventName }) => ({ EntityId: entityId, EventName: eventName }));
}

/** A connection that works. */
export class Hub {
  /** The hub has said something since {@link Hub.heardMs}. */
  private hasSpoken = false;
  /** When the hub last said anything, as the last look noted it; milliseconds of the process, which nobody sets. */
  private heardMs = performance.now();
  /** Everything that the hub sent before has been read, steady milliseconds. A flow that is behind makes it earlier. */
  seenMs = STEADY.now();
  /** Its address. */
  get url(): string {
    return this.endpoint.url;
  }
  /** Resolves at the end with the reason; with undefined after {@link Hub.stop}. */
  readonly closed: Promise<ContactCenterError | undefined>;
  private end: (reason: ContactCenterError | undefined) => void = () => undefined;
  /** The handshake is done; before that its own limits hold. */
  private isStarted = false;
  private isOver = false;
  private connection: HubConnection | undefined;
  private closeError: string | undefined;
  /** Calls without an answer: the end of the connection may be the hub's answer to the first of them. */
  private readonly open: HubMethod[] = [];
  /** Methods that want a list although the vendor's document leaves it open. */
  private readonly wantsList = new Set<HubMethod>();

  private constructor(
    private readonly endpoint: HubEndpoint,
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
  static async open(
    endpoint: HubEndpoint,
    signal: AbortSignal,
    handlers: HubHandlers,
    timings: HubTimings,
  ): Promise<Hub> {
    const hub = new Hub(endpoint, handlers, timings);
    await hub.start(signal);
    return hub;
  }

  private async start(signal: AbortSignal): Promise<void> {
    const { buildConnection } = await import("./signalr.js");
    const giveUp = new AbortController();
    const abort = (): void => giveUp.abort();
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    const context: TransportContext = {
      ...this.endpoint,
      ...this.timings,
      signal: giveUp.signal,
      cookies: new Map(),
      requests: 0,
    };
    const transport = new SocketTransport(context, () => this.checkSilence());
    let limit: NodeJS.Timeout | undefined;
    const limitHandshake = (): void => {
      clearTimeout(limit);
      limit = setTimeout(() => {
        context.fault = this.networkError("handshake", "ETIMEDOUT", context.handshakeMs);
        giveUp.abort();
      }, context.handshakeMs);
    };
    const frames = {
      onFrame: (): void => {
        // The clock is not read here: many frames come between two looks.
        this.hasSpoken = true;
        this.seenMs = transport.drainedMs;
      },
      onInvocation: (target: string, args: readonly unknown[]): void => this.take(target, args[0]),
      onDamaged: (): void => {
        const cause = { vendor: "enreach", operation: "listen" } as const;
        this.end(new ContactCenterError("EHUB", "rte.errors.record", cause));
      },
      onCloseMessage: (error: string | undefined): void => void (this.closeError = error),
    };
    const connection = buildConnection(context, transport, frames, limitHandshake);
    this.connection = connection;
    connection.onclose(() => this.end(this.whyClosed()));
    try {
      await connection.start();
      this.heardMs = performance.now();
      this.isStarted = true;
    } catch (error) {
      giveUp.abort();
      if (signal.aborted) throw this.networkError("connect", "ECLOSED");
      throw context.fault ?? this.hubError("connect", this.closeError || error);
    } finally {
      clearTimeout(limit);
      signal.removeEventListener("abort", abort);
    }
  }

  private take(target: string, argument: unknown): void {
    const method = target === "MessageReceived" ? "messagereceived" : target.toLowerCase();
    if (method === "messagereceived") this.takeEvent(argument);
    else if (method === "subscribedetails") this.handlers.onAnswers(readAnswers(argument));
    else if (!PUSHED_RESULTS.has(method)) this.handlers.onDropped(target);
  }

  private takeEvent(message: unknown): void {
    const { subscription, data } = (message ?? {}) as { subscription?: unknown; data?: unknown };
    const properties = subscription === undefined ? propertiesIgnoringCase(message) : undefined;
    const subject = subjectOf(subscription ?? properties?.get("subscription")?.[1]);
    if (subject === undefined) this.handlers.onDropped("MessageReceived without a subscription");
    else this.handlers.onEvent(subject, data ?? properties?.get("data")?.[1]);
  }

  /** Everything was read, so the hub is not just waiting for a flow that is behind. */
  private checkSilence(): void {
    const nowMs = performance.now();
    if (this.hasSpoken) this.heardMs = nowMs;
    this.hasSpoken = false;
    const silentMs = nowMs - this.heardMs;
    if (!this.isStarted || this.isOver || silentMs < this.timings.silenceMs) return;
    const cause = { vendor: "enreach", operation: "listen" } as const;
    const seconds = Math.round(silentMs / 1000);
    void this.stop(new ContactCenterError("ESILENT", "rte.errors.silent", cause, { seconds }));
  }

  private whyClosed(): ContactCenterError {
    const [operation = "listen"] = this.open;
    if (!this.closeError) return this.networkError(operation, "ECONNRESET");
    return this.hubError(operation, this.closeError, "rte.errors.closed");
  }

  private networkError(operation: string, code: string, ms = 0): ContactCenterError {
    return networkError({ vendor: "enreach", operation }, code, this.endpoint.url, ms);
  }

  private hubError(operation: string, error: unknown, sentence = "rte.errors.hub"): ContactCenterError {
    const text = error instanceof Error ? error.message : String(error);
    const detail = redact(text, [this.endpoint.token]).trim().slice(0, 500);
    const cause = { vendor: "enreach", operation, detail } as const;
    return new ContactCenterError("EHUB", sentence, cause, { operation, detail });
  }

  /**
   * Calls a hub method and waits for its result, for as long as the hub gives signs of life.
   * @throws ContactCenterError `EHUB` when the hub refused, `ECLOSED` when the connection ended
   */
  private async invoke(method: HubMethod, ...args: unknown[]): Promise<unknown> {
    if (this.connection === undefined || this.isOver) throw noConnection(method);
    this.open.push(method);
    try {
      return await this.connection.invoke<unknown>(method, ...args);
    } catch (error) {
      throw this.isOver ? noConnection(method) : this.hubError(method, error);
    } finally {
      this.open.splice(this.open.indexOf(method), 1);
    }
  }

  /**
   * Calls a method whose argument count the vendor leaves open: without one, and with a list when that is refused.
   * @throws ContactCenterError the error of the first form when both fail
   */
  private async invokeEither(method: HubMethod, items: readonly unknown[] = []): Promise<unknown> {
    if (this.wantsList.has(method)) return this.invoke(method, items);
    try {
      return await this.invoke(method);
    } catch (error) {
      if (!(error instanceof ContactCenterError) || error.code !== "EHUB") throw error;
      const result = await this.invoke(method, items).catch(() => Promise.reject(error));
      this.wantsList.add(method);
      return result;
    }
  }

  /** Waits for the answer to a question; the connection goes on whether it comes or not. */
  private question(method: HubMethod): Promise<unknown> {
    return this.inTime(method, this.invokeEither(method), this.timings.questionMs);
  }

  /**
   * @param onLate called when the answer comes after all
   * @throws ContactCenterError `ETIMEDOUT` when it is late
   */
  private async inTime(
    method: HubMethod,
    answer: Promise<unknown>,
    limitMs: number,
    onLate?: (result: unknown) => void,
  ): Promise<unknown> {
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      limit = setTimeout(() => {
        reject(this.networkError(method, "ETIMEDOUT", limitMs));
        answer.then(onLate, () => undefined);
      }, limitMs);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(limit);
    }
  }

  /**
   * `Subscribe`.
   * @param onLate called when the hub answers after the limit; where it is left out, there is no limit
   * @returns what the hub said to each item that it mentioned
   * @throws ContactCenterError `EHUB` when the call failed as a whole, `ECLOSED` when the connection ended, `ETIMEDOUT`: then
   *   it may be done or not
   */
  async subscribe(subjects: readonly Subject[], onLate?: (answers: Answers) => void): Promise<Answers> {
    const method = "Subscribe";
    const answer = this.invoke(method, wireItems(subjects));
    if (onLate === undefined) return readAnswers(await answer);
    const late = (result: unknown): void => onLate(readAnswers(result));
    return readAnswers(await this.inTime(method, answer, this.timings.subscribeMs, late));
  }

  /**
   * `Unsubscribe`. An item whose answer says `subscribed` is still served.
   * @param onLate called when the hub answers after the limit
   * @throws ContactCenterError as {@link Hub.subscribe}
   */
  async unsubscribe(subjects: readonly Subject[], onLate: () => void): Promise<Answers> {
    const method = "Unsubscribe";
    const answer = this.invoke(method, wireItems(subjects));
    return readAnswers(await this.inTime(method, answer, this.timings.questionMs, onLate));
  }

  /**
   * `UnsubscribeAll`.
   * @param subjects what is served, for a hub that wants the list
   * @returns false when the hub did not do it
   * @throws ContactCenterError as {@link Hub.unsubscribe}
   */
  async unsubscribeAll(subjects: readonly Subject[], onLate: () => void): Promise<boolean> {
    const method = "UnsubscribeAll";
    const answer = this.invokeEither(method, wireItems(subjects));
    return (await this.inTime(method, answer, this.timings.questionMs, onLate)) !== false;
  }

  /**
   * `AvailableSubscriptions`: names of the events that the hub offers, in the catalogue's spelling where it knows them.
   * @throws ContactCenterError `EHUB` when the hub refused, `EANSWER` for an answer that is no list of names, `ETIMEDOUT`,
   *   `ECLOSED`
   */
  async available(): Promise<string[]> {
    const method = "AvailableSubscriptions";
    // An older hub returns nothing, and pushes its results.
    const items: unknown = (await this.question(method)) ?? [];
    const isName = (item: unknown): item is string => typeof item === "string" && item !== "";
    if (!Array.isArray(items) || (items.length > 0 && !items.some(isName))) throw unusableAnswer(method, "result");
    return items.filter(isName).map((name) => catalogueName(name) ?? name);
  }

  /**
   * `GetActiveSubscriptions`: what the hub itself says that it serves.
   * @returns keys of subjects, or undefined where the hub does not say (only the vendor's wrapper documents the method)
   */
  async active(): Promise<Set<string> | undefined> {
    const method = "GetActiveSubscriptions";
    const items = await this.question(method).catch(() => undefined);
    // An empty answer to an empty list says nothing.
    if (!Array.isArray(items) || (items.length === 0 && this.wantsList.has(method))) return undefined;
    const subjects = items.map(subjectOf);
    return subjects.includes(undefined) ? undefined : new Set((subjects as Subject[]).map(subjectKey));
  }

  /** Ends the connection; the socket is gone within half a second. `reason` is why, and undefined when it was wanted. */
  async stop(reason?: ContactCenterError): Promise<void> {
    this.end(reason);
    await this.connection?.stop();
  }
}
