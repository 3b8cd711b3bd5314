/**
 * A simulator for the Anywhere365 CTI Broker (vendor document "CTI Broker REST API"): commands, subscriptions, callbacks,
 * and a contact centre with a few agents behind them.
 *
 * The vendor has not published the body of `POST /api/subscribe`: its two names are options here as they are settings in
 * the node. Everything else answers as documented: 201 with `Location: api/subscribe/:id`, 202, 404, and 500 for all that
 * is wrong.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { COMMANDS, type CommandName, type EnumStyle } from "../../lib/cti/tables.js";
import { readBody } from "../body.js";
import { listen } from "../listen.js";
import type { Simulator } from "../simulator.js";
import { Behaviour } from "./behaviour.js";
import { burst, type BurstInput, type BurstReport } from "./burst.js";
import { Deliveries } from "./delivery.js";
import { BROKER_KINDS, type BrokerKind, type CommandState, type CtiState, type Faults } from "./state.js";
import { type Fact, Switchboard } from "./switchboard.js";

/** Agents of the demo. */
export const DEMO_AGENTS = [
  "sip:anna.berg@contoso.example",
  "sip:bart.visser@contoso.example",
  "sip:carla.meyer@contoso.example",
] as const;
/** Credentials of the demo's `cti-broker`; the simulator asks for them only when told to. */
export const DEMO_CTI_CREDENTIALS = { username: "demo", password: "demo" } as const;

/** How to start it. */
export interface CtiSimulatorOptions {
  /** 0 or absent: a free port. */
  port?: number;
  agents?: readonly string[];
  /** How events write enumerations; numbers unless told, as the vendor's tables do. */
  enumStyle?: EnumStyle;
  /** Names in the body of subscribe. */
  addressField?: string;
  callbackField?: string;
  /** A header that each request must carry, such as `Authorization`, else 401. */
  requires?: { header: string; value: string };
  /** Where the id of a new subscription simulators. */
  location?: "relative" | "absolute" | "body";
}

/** The simulator. */
export interface CtiSimulator extends Simulator {
  readonly name: "cti";
  readonly url: string;
  readonly port: number;
  readonly switchboard: Switchboard;
  readonly deliveries: Deliveries;
  /** May be changed at any time. */
  readonly faults: Faults;
  readonly behaviour: Behaviour;
  /** Every request that came in, refused ones included: operation and body. */
  readonly requests: { operation: string; body: unknown }[];
  state(): CtiState;
  /** Posts an event that no telephone caused. */
  tell(fact: Fact): Promise<void>;
  burst(input: BurstInput): Promise<BurstReport>;
}

const KEPT = 100;
const BODY_LIMIT = 64 * 1024;

/** Starts the simulator. */
export async function startCtiSimulator(options: CtiSimulatorOptions = {}): Promise<CtiSimulator> {
  const {
    agents = DEMO_AGENTS,
    addressField = "ImAddress",
    callbackField = "CallbackUrl",
    location = "relative",
  } = options;
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const deliveries = new Deliveries(changed);
  deliveries.enumStyle = options.enumStyle ?? "number";
  const switchboard = new Switchboard(agents, (fact) => {
    changed();
    void deliveries.tell(fact);
  });
  const faults: Faults = { slowMs: 0, refuse: 0, refuseStatus: 500, lose: 0 };
  const behaviour = new Behaviour();
  const requests: CtiSimulator["requests"] = [];
  const commands: CommandState[] = [];
  const closing = new AbortController();

  /** @returns what to answer */
  function act(
    operation: string,
    request: IncomingMessage,
    body: Record<string, unknown>,
  ): { status: number; location?: string; body?: object } {
    if (operation === "command") return { status: command(body) };
    if (operation === "subscribe") {
      const isSameId = behaviour.kind === "idempotent";
      const id = deliveries.subscribe(read(body, addressField), read(body, callbackField), isSameId);
      const path = `api/subscribe/${id}`;
      if (location === "body") return { status: 201, body: { SubscriptionId: id } };
      return { status: 201, location: location === "absolute" ? `http://${request.headers.host}/${path}` : path };
    }
    return {
      status: deliveries.unsubscribe(decodeURIComponent((request.url ?? "").split("/").at(-1) ?? "")) ? 202 : 404,
    };
  }

  function command(body: Record<string, unknown>): number {
    const wanted = read(body, "commandType").toLowerCase();
    const name = (Object.keys(COMMANDS) as CommandName[]).find(
      (name) => name.toLowerCase() === wanted || String(COMMANDS[name].number) === wanted,
    );
    const address = read(body, "ImAddress");
    const number = read(body, "number");
    const fits =
      name !== undefined && /^sip:.+@.+/i.test(address) && (name !== "Dial" || /^tel:\+\d{1,15}$/.test(number));
    const status = fits ? 202 : 500;
    commands.push({
      at: new Date().toISOString(),
      command: name ?? "unknown",
      address,
      status,
      ...(number !== "" && { number }),
    });
    commands.splice(0, commands.length - KEPT);
    const agent = switchboard.agent(address);
    // The answer only says that the command was taken; what comes of it is an event.
    if (fits) {
      if (name === "AgentLogin") setImmediate(() => switchboard.login(address));
      else if (name === "AgentLogout") setImmediate(() => switchboard.logout(address));
      else if (name === "HeartBeat" && agent) agent.heartbeats++;
      else if (name === "Dial" && agent) switchboard.ring(address, number.replace(/^tel:/, ""), "Outbound");
    }
    return status;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readBody(request, BODY_LIMIT);
    const operation = operationOf(request);
    const body = parse(text);
    requests.push({ operation: operation ?? `${request.method} ${request.url}`, body });
    if (faults.slowMs > 0) await sleep(faults.slowMs, undefined, { signal: closing.signal });
    const end = (status: number, headers: Record<string, string> = {}, content?: object): void => {
      response
        .writeHead(status, { ...headers, ...(content && { "Content-Type": "application/json" }) })
        .end(content && JSON.stringify(content));
    };
    if (operation === undefined) return end(404);
    if (options.requires && request.headers[options.requires.header.toLowerCase()] !== options.requires.value)
      return end(401);
    if (faults.refuse > 0) {
      faults.refuse--;
      return end(faults.refuseStatus);
    }
    if (operation !== "command") {
      const isRefused = read(body, addressField).toLowerCase() === agents[0]?.toLowerCase();
      if (!(await behaviour.admit(isRefused, closing.signal))) return end(503);
    }
    const done = act(operation, request, body);
    changed();
    if (faults.lose > 0) {
      faults.lose--;
      request.socket.destroy();
      return;
    }
    end(done.status, done.location === undefined ? {} : { Location: done.location }, done.body);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent)
        response
          .writeHead(500, { "Content-Type": "application/json" })
          .end(JSON.stringify({ message: error instanceof Error ? error.message : String(error) }));
    });
  });
  const port = await listen(server, options.port);
  const url = `http://127.0.0.1:${port}`;
  const tell = async (fact: Fact): Promise<void> => deliveries.tell(fact);
  const startBurst = (input: BurstInput): Promise<BurstReport> =>
    burst(
      input,
      switchboard.agents.map((agent) => agent.address),
      tell,
      closing.signal,
    );

  return {
    name: "cti",
    url,
    port,
    switchboard,
    deliveries,
    faults,
    behaviour,
    requests,
    tell,
    burst: startBurst,
    state: () => ({
      url,
      enumStyle: deliveries.enumStyle,
      kind: behaviour.kind,
      faults: { ...faults },
      agents: switchboard.agents.map((agent) => ({ ...agent })),
      calls: switchboard.list(),
      subscriptions: deliveries.list(),
      commands: commands.toReversed(),
      deliveries: deliveries.log.toReversed(),
    }),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    actions: {
      login: ({ agent }) => switchboard.login(plain(agent)),
      logout: ({ agent }) => switchboard.logout(plain(agent)),
      refuseLogin({ agent, refuse }) {
        const known = switchboard.agent(agent);
        if (known) known.refusesLogin = refuse === true;
        changed();
      },
      ring: ({ agent, ani, session }) =>
        switchboard.ring(agent, plain(ani), session === "Outbound" ? "Outbound" : "Inbound"),
      answer: ({ id }) => switchboard.answer(id),
      hold: ({ id }) => switchboard.hold(id),
      retrieve: ({ id, agent }) => switchboard.retrieve(id, agent),
      transfer: ({ id, to, works }) => switchboard.transfer(id, to, works !== false),
      hangup: ({ id }) => switchboard.hangup(id),
      forget() {
        deliveries.forget();
        changed();
      },
      fault(input) {
        for (const name of Object.keys(faults) as (keyof Faults)[])
          if (typeof input[name] === "number") faults[name] = input[name];
        changed();
      },
      kind({ kind }) {
        if (BROKER_KINDS.includes(kind as BrokerKind)) behaviour.kind = kind as BrokerKind;
        changed();
      },
      enumStyle({ style }) {
        deliveries.enumStyle = style === "name" ? "name" : "number";
        changed();
      },
      burst: ({ rate, seconds }) => startBurst({ rate: Number(rate), seconds: Number(seconds) }),
    },
    async close() {
      closing.abort();
      deliveries.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function operationOf({ method, url = "" }: IncomingMessage): "command" | "subscribe" | "unsubscribe" | undefined {
  // A path prefix is allowed: sites put a proxy in front.
  const path = url.replace(/\?.*$/, "");
  if (method === "POST" && path.endsWith("/api/command")) return "command";
  if (method === "POST" && path.endsWith("/api/subscribe")) return "subscribe";
  return method === "DELETE" && /\/api\/subscribe\/[^/]+$/.test(path) ? "unsubscribe" : undefined;
}

function parse(text: string): Record<string, unknown> {
  const value: unknown = text === "" ? {} : JSON.parse(text);
  return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {};
}

/** A .NET reader takes property names in any case. */
function read(body: Record<string, unknown>, name: string): string {
  return plain(Object.entries(body).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]);
}

function plain(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
