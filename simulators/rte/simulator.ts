/**
 * The simulator for Enreach RTE: the REST chain and the SignalR hub on one port of 127.0.0.1, faults on demand, and a
 * contact centre that plays a day of calls in a minute.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { catalogueName, type EventName } from "../../lib/rte/tables.js";
import { AGENTS, CLOSED_QUEUE, QUEUES } from "../directory.js";
import { listen } from "../listen.js";
import type { Simulator } from "../simulator.js";
import { DAY_MS, type DayEvent, makeDay } from "./scenario.js";
import { type Fault, isFault } from "./faults.js";
import { type HubManners, RteHub } from "./hub.js";
import { CALL_LIST, DEMO_USER } from "./seed-data.js";
import { answerRest } from "./rest.js";
import { entityOf, sample } from "./samples.js";
import type { RteState } from "./state.js";
import { issueToken } from "./tokens.js";
import { wireData } from "./wire.js";

/** How the simulator starts. */
export interface RteSimulatorOptions extends Partial<HubManners> {
  port?: number;
  /** Lifetime of the tokens that the chain gives, in seconds; 300 by default. */
  tokenSeconds?: number;
  /** True plays day after day from the start; false shows the morning of a day, which waits for {@link RteSimulator.play}. */
  play?: boolean;
  seed?: number;
  /** Seconds that a day takes where {@link RteSimulator.play} is not told; 60 by default. */
  daySeconds?: number;
}

const LOG_LENGTH = 12;
/** What happens until then are the log-ins and the first statuses. */
const MORNING_MS = 1;
const HUB_PATH = "/hub";

/** The running simulator. */
export class RteSimulator implements Simulator {
  readonly name = "rte";
  readonly hub: RteHub;
  /** Paths of the REST chain that were asked. */
  readonly requests: string[] = [];
  port = 0;
  private server: Server | undefined;
  private readonly listeners = new Set<() => void>();
  private readonly latest = new Map<string, Record<string, unknown>>();
  private readonly log: RteState["log"] = [];
  private readonly seed: number;
  private day: { events: DayEvent[]; next: number; startedMs: number; timer: NodeJS.Timeout } | undefined;

  constructor(private readonly options: RteSimulatorOptions) {
    const { arity = 0, knowsActive = true, pingMs = 15_000, seed = 1 } = options;
    this.seed = seed;
    this.hub = new RteHub({ arity, knowsActive, pingMs }, () => this.changed());
    this.hub.unauthorized.add(CLOSED_QUEUE.id);
  }

  /** Where the REST chain answers; discovery is at `/api/user`, the hub at `/hub`. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The hub's address, for a connection by token. */
  get hubUrl(): string {
    return this.url + HUB_PATH;
  }

  /** A token for the hub; negative seconds give an expired one. */
  token(lifeSeconds = 3600): string {
    return issueToken(DEMO_USER.id, lifeSeconds);
  }

  /** Listens; after {@link stop} again on the same port. */
  async start(): Promise<void> {
    const server = createServer((request, response) => void this.answer(request, response));
    server.on("upgrade", (request, socket, head) => this.hub.upgrade(request, socket, head, this.urlOf(request)));
    this.port = await listen(server, this.port || this.options.port);
    this.server = server;
    this.changed();
  }

  /** The hub is gone: nothing listens, every socket is broken. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    this.hub.drop();
    this.hub.releaseHanging();
    if (server === undefined) return;
    const gone = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await gone;
    this.changed();
  }

  private urlOf(request: IncomingMessage): URL {
    return new URL(request.url ?? "/", this.url);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = this.urlOf(request);
    if (url.pathname.endsWith("/negotiate")) {
      this.hub.negotiate(request, response, url);
      return;
    }
    this.requests.push(`${request.method} ${url.pathname}`);
    if (this.hub.fault === "broken-rest") {
      response.writeHead(500).end("broken");
      return;
    }
    const { host } = new URL(this.url);
    try {
      await answerRest(request, response, url, {
        endpoint: () => host + HUB_PATH,
        apiEndpoint: () => `${this.url}/`,
        tokenSeconds: () => this.options.tokenSeconds ?? 300,
      });
    } catch {
      if (!response.headersSent) response.writeHead(400).end();
    }
  }

  /** Sets or lifts a fault. A hub that begins to hang keeps its connections; `drop` breaks them. */
  setFault(fault: Fault): void {
    this.hub.setFault(fault);
    this.changed();
  }

  /**
   * Sends an event to all who subscribed it, in the hub's own spelling.
   * @param data properties in the catalogue's spelling; a sample unless given
   * @returns how many connections got it
   */
  emit(name: string, entityId?: string, data?: Record<string, unknown>): number {
    const known = catalogueName(name);
    const entity = entityId ?? (known === undefined ? "" : entityOf(known));
    const content = data ?? (known === undefined ? {} : sample(known));
    const receivers = this.hub.emit(entity, name, wireData(content));
    this.latest.set(`${entity} ${name}`, content);
    this.log.unshift({ at: new Date().toISOString(), name, entityId: entity, data: content, receivers });
    this.log.length = Math.min(this.log.length, LOG_LENGTH);
    this.changed();
    return receivers;
  }

  /** Agents are there, and nobody has called yet. */
  begin(): void {
    for (const { atMs, name, entityId, data } of makeDay(this.seed, Date.now()))
      if (atMs <= MORNING_MS) this.latest.set(`${entityId} ${name}`, data);
    this.changed();
  }

  /**
   * Plays day after day.
   * @param daySeconds how long a day takes
   */
  play(daySeconds = this.options.daySeconds ?? 60): void {
    if (this.day !== undefined) return;
    const speed = DAY_MS / (daySeconds * 1000);
    const begin = (): { events: DayEvent[]; next: number; startedMs: number } => ({
      events: makeDay(this.seed, Date.now()),
      next: 0,
      startedMs: Date.now(),
    });
    const timer = setInterval(() => {
      const { day } = this;
      if (day === undefined) return;
      const nowMs = (Date.now() - day.startedMs) * speed;
      for (
        let event = day.events[day.next];
        event !== undefined && event.atMs <= nowMs;
        event = day.events[++day.next]
      ) {
        this.emit(event.name, event.entityId, event.data);
      }
      if (day.next >= day.events.length && nowMs >= DAY_MS) Object.assign(day, begin());
    }, 50);
    this.day = { ...begin(), timer };
    this.changed();
  }

  /** Stops the clock of the contact centre. */
  pause(): void {
    clearInterval(this.day?.timer);
    this.day = undefined;
    this.changed();
  }

  /** See {@link Simulator.state}. */
  state(): RteState {
    const { day } = this;
    const of = (id: string, event: EventName): Record<string, unknown> => this.latest.get(`${id} ${event}`) ?? {};
    const [list] = [...this.latest].filter(([key]) => key.endsWith(" CallbackListStatus")).map(([, data]) => data);
    return {
      fault: this.hub.fault,
      up: this.server !== undefined,
      ...(day !== undefined && { progress: day.events.length === 0 ? 0 : day.next / day.events.length }),
      queues: QUEUES.map(({ id, name }) => {
        const status = of(id, "QueueStatus");
        const number = (property: string): number => Number(status[property] ?? 0);
        return {
          id,
          name,
          waiting: number("NbrOfQueuingRequesters"),
          connected: number("NbrOfConnected"),
          free: number("NbrOfAgentsImmediatelyFree"),
          longestWait: number("MaxWaitTime"),
        };
      }),
      agents: AGENTS.map(({ id, name }) => {
        const { Availability = "OffWork", Note = "" } = of(id, "UserAvailability") as {
          Availability?: string;
          Note?: string;
        };
        const { Talking, CanBeAllocatedTo } = of(id, "UserStatus");
        return {
          id,
          name,
          availability: Availability,
          note: Note,
          talking: Talking === true,
          free: CanBeAllocatedTo === true,
        };
      }),
      closedQueue: { id: CLOSED_QUEUE.id, name: CLOSED_QUEUE.name },
      callList: { ...CALL_LIST, open: Number(list?.["TotalOpenRequests"] ?? 0) },
      connections: Array.from(this.hub.connections, ({ id, subscriptions }) => ({
        id,
        subscriptions: subscriptions.size,
      })),
      log: [...this.log],
    };
  }

  /** See {@link Simulator.onChange}. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }

  /** See {@link Simulator.actions}. */
  readonly actions = {
    emit: ({ name, entityId }: Record<string, unknown>): unknown => {
      const known = catalogueName(String(name));
      if (known === undefined) throw new Error(`The catalogue has no event "${String(name)}".`);
      return { receivers: this.emit(known, typeof entityId === "string" && entityId !== "" ? entityId : undefined) };
    },
    fault: ({ fault }: Record<string, unknown>): unknown => {
      if (!isFault(fault)) throw new Error(`There is no fault "${String(fault)}".`);
      this.setFault(fault);
      return { fault };
    },
    drop: (): unknown => {
      const { size } = this.hub.connections;
      this.hub.drop();
      return { dropped: size };
    },
    restart: async (): Promise<unknown> => {
      await this.stop();
      await this.start();
      return {};
    },
    down: () => this.stop(),
    up: () => (this.server === undefined ? this.start() : Promise.resolve()),
    play: ({ seconds }: Record<string, unknown>) =>
      this.play(typeof seconds === "number" && seconds > 0 ? seconds : undefined),
    pause: () => this.pause(),
  };

  /** See {@link Simulator.close}. */
  async close(): Promise<void> {
    this.pause();
    this.listeners.clear();
    await this.stop();
  }
}

/** Starts the simulator; resolves when it listens. */
export async function startRteSimulator(options: RteSimulatorOptions = {}): Promise<RteSimulator> {
  const simulator = new RteSimulator(options);
  await simulator.start();
  if (options.play === true) simulator.play();
  if (options.play === false) simulator.begin();
  return simulator;
}
