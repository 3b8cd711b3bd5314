/**
 * The requests that the broker answers. The vendor has not published the body of `POST /api/subscribe`: its two names are
 * options here as they are settings in the node. Everything else answers as documented: 201 with
 * `Location: api/subscribe/:id`, 202, 404, and 500 for all that is wrong.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { COMMANDS, type CommandName } from "../../lib/cti/tables.js";
import { readBody } from "../body.js";
import type { Behaviour } from "./behaviour.js";
import type { Deliveries } from "./delivery.js";
import type { CommandState, Faults } from "./state.js";
import type { Switchboard } from "./switchboard.js";

/** How the API reads and answers. */
export interface ApiOptions {
  /** What stands before `/api` in its paths, such as `/site`, as behind a proxy; nothing by default. */
  prefix?: string;
  /** Names in the body of subscribe; `ImAddress` and `CallbackUrl` by default. */
  addressField?: string;
  callbackField?: string;
  /** A header that each request must carry, such as `Authorization`, else 401. */
  requires?: { header: string; value: string };
  /** User name and password: another `Authorization` gets 401; a request without one is served. */
  credentials?: Readonly<Record<"username" | "password", string>>;
  /** Where the id of a new subscription is: a relative (default) or absolute `Location`, or the body. */
  location?: "relative" | "absolute" | "body";
}

/** What the API acts on. */
export interface ApiTargets {
  switchboard: Switchboard;
  deliveries: Deliveries;
  faults: Faults;
  behaviour: Behaviour;
  /** Called after each request that was processed. */
  changed: () => void;
}

interface Answer {
  status: number;
  location?: string;
  body?: object;
}

type Body = Record<string, unknown>;
type Operation = "command" | "subscribe" | "unsubscribe";

const MAX_COMMANDS = 100;
const BODY_LIMIT = 64 * 1024;

/** The API of one broker. */
export class CtiApi {
  /** Every request that came in, refused ones included: operation and body. */
  readonly requests: { operation: string; body: unknown }[] = [];
  /** Commands that came in, the latest last. */
  readonly commands: CommandState[] = [];

  private readonly operations: Readonly<Record<Operation, (request: IncomingMessage, body: Body) => Answer>> = {
    command: (_request, body) => ({ status: this.command(body) }),
    subscribe: (request, body) => this.subscribe(request, body),
    unsubscribe: (request) => ({ status: this.targets.deliveries.unsubscribe(idOf(request)) ? 202 : 404 }),
  };

  /** @param closing ends what is being waited for */
  constructor(
    private readonly targets: ApiTargets,
    private readonly options: ApiOptions,
    private readonly closing: AbortSignal,
  ) {}

  /** Answers a request, with 500 where that fails. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const answer = await this.answerTo(request);
      if (answer === undefined) request.socket.destroy();
      else send(response, answer);
    } catch (error) {
      if (!response.headersSent)
        send(response, { status: 500, body: { message: error instanceof Error ? error.message : String(error) } });
    }
  }

  // @returns undefined when the answer gets lost
  private async answerTo(request: IncomingMessage): Promise<Answer | undefined> {
    const { faults, changed } = this.targets;
    const text = await readBody(request, BODY_LIMIT);
    const operation = operationOf(request, this.options.prefix);
    const body = parse(text);
    this.requests.push({ operation: operation ?? `${request.method} ${request.url}`, body });
    if (faults.slowMs > 0) await sleep(faults.slowMs, undefined, { signal: this.closing });
    if (operation === undefined) return { status: 404 };
    const refusal = await this.refusalOf(operation, request, body);
    if (refusal !== undefined) return { status: refusal };
    const answer = this.operations[operation](request, body);
    changed();
    if (faults.lose <= 0) return answer;
    faults.lose--;
    return undefined;
  }

  // @returns the status of a request that is not processed
  private async refusalOf(operation: Operation, request: IncomingMessage, body: Body): Promise<number | undefined> {
    const { faults, behaviour, switchboard } = this.targets;
    if (!this.isAllowed(request.headers)) return 401;
    if (faults.refuse > 0) {
      faults.refuse--;
      return faults.refuseStatus;
    }
    if (operation === "command") return undefined;
    const first = switchboard.agents[0]?.address.toLowerCase();
    const isRefused = this.read(body, "addressField").toLowerCase() === first;
    return (await behaviour.admit(isRefused, this.closing)) ? undefined : 503;
  }

  private isAllowed(headers: IncomingMessage["headers"]): boolean {
    const { requires, credentials } = this.options;
    if (requires && headers[requires.header.toLowerCase()] !== requires.value) return false;
    if (credentials === undefined || headers.authorization === undefined) return true;
    const { username, password } = credentials;
    return headers.authorization === `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }

  private subscribe(request: IncomingMessage, body: Body): Answer {
    const { deliveries, behaviour } = this.targets;
    const isSameId = behaviour.kind === "idempotent";
    const id = deliveries.subscribe(this.read(body, "addressField"), this.read(body, "callbackField"), isSameId);
    const path = `api/subscribe/${id}`;
    const { location = "relative" } = this.options;
    if (location === "body") return { status: 201, body: { SubscriptionId: id } };
    return { status: 201, location: location === "absolute" ? `http://${request.headers.host}/${path}` : path };
  }

  private command(body: Body): number {
    const wanted = read(body, "commandType").toLowerCase();
    const name = (Object.keys(COMMANDS) as CommandName[]).find(
      (name) => name.toLowerCase() === wanted || String(COMMANDS[name].number) === wanted,
    );
    const address = read(body, "ImAddress");
    const number = read(body, "number");
    const fits =
      name !== undefined && /^sip:.+@.+/i.test(address) && (name !== "Dial" || /^tel:\+\d{1,15}$/.test(number));
    const status = fits ? 202 : 500;
    this.commands.push({
      at: new Date().toISOString(),
      command: name ?? "unknown",
      address,
      status,
      ...(number !== "" && { number }),
    });
    this.commands.splice(0, this.commands.length - MAX_COMMANDS);
    if (fits) this.execute(name, address, number);
    return status;
  }

  private execute(name: CommandName, address: string, number: string): void {
    const { switchboard } = this.targets;
    const agent = switchboard.agent(address);
    // The answer only says that the command was taken; what comes of it is an event.
    if (name === "AgentLogin") setImmediate(() => switchboard.login(address));
    else if (name === "AgentLogout") setImmediate(() => switchboard.logout(address));
    else if (name === "HeartBeat" && agent) agent.heartbeats++;
    else if (name === "Dial" && agent) switchboard.ring(address, number.replace(/^tel:/, ""), "Outbound");
  }

  private read(body: Body, field: "addressField" | "callbackField"): string {
    const { addressField = "ImAddress", callbackField = "CallbackUrl" } = this.options;
    return read(body, { addressField, callbackField }[field]);
  }
}

/** A text or number as text; empty for everything else. */
export function plain(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function send(response: ServerResponse, { status, location, body }: Answer): void {
  response
    .writeHead(status, {
      ...(location !== undefined && { Location: location }),
      ...(body && { "Content-Type": "application/json" }),
    })
    .end(body && JSON.stringify(body));
}

function operationOf({ method, url = "" }: IncomingMessage, prefix = ""): Operation | undefined {
  const path = url.replace(/\?.*$/, "");
  if (!path.startsWith(`${prefix}/api/`)) return undefined;
  const rest = path.slice(prefix.length);
  if (method === "POST" && rest === "/api/command") return "command";
  if (method === "POST" && rest === "/api/subscribe") return "subscribe";
  return method === "DELETE" && /^\/api\/subscribe\/[^/]+$/.test(rest) ? "unsubscribe" : undefined;
}

function idOf({ url = "" }: IncomingMessage): string {
  return decodeURIComponent(url.split("/").at(-1) ?? "");
}

function parse(text: string): Body {
  const value: unknown = text === "" ? {} : JSON.parse(text);
  return value !== null && typeof value === "object" ? (value as Body) : {};
}

/** A .NET reader takes property names in any case. */
function read(body: Body, name: string): string {
  return plain(Object.entries(body).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]);
}
