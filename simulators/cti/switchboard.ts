/** Agents and their calls, and the events that the vendor documents for what happens to them. */
import { randomUUID } from "node:crypto";
import type { EventName, SessionTypeName } from "../../lib/cti/tables.js";
import type { AgentState, CallState } from "./state.js";

/** An event of an agent, before it is written for a subscriber. */
export interface AgentEvent {
  event: EventName | number;
  session: SessionTypeName;
  address: string;
  callId: string;
  ani: string;
}

/** Calls kept for the page. */
const KEPT_CALLS = 30;

/** A contact centre with a handful of agents. Its errors are sentences for the page. */
export class Switchboard {
  readonly agents: AgentState[];
  private calls: CallState[] = [];

  /**
   * @param addresses of the agents
   * @param emit called for each event, in order
   */
  constructor(
    addresses: readonly string[],
    private readonly emit: (event: AgentEvent) => void,
  ) {
    this.agents = addresses.map((address) => ({ address, loggedIn: false, refusesLogin: false, heartbeats: 0 }));
  }

  /** The latest call first. */
  list(): CallState[] {
    return this.calls.map((call) => ({ ...call })).reverse();
  }

  /** Finds an agent; addresses are read without regard to case. */
  agent(address: unknown): AgentState | undefined {
    return this.agents.find((agent) => agent.address.toLowerCase() === String(address).toLowerCase());
  }

  /** The outcome of a log-in is an event: an empty call id, or the text `failed`. */
  login(address: string): void {
    const agent = this.agent(address);
    const works = agent !== undefined && !agent.refusesLogin;
    if (works) agent.loggedIn = true;
    this.emit({
      event: "LoggedIn",
      session: "Inbound",
      address: agent?.address ?? address,
      callId: works ? "" : "failed",
      ani: "",
    });
  }

  /** Signs an agent out. */
  logout(address: string): void {
    const agent = this.agent(address);
    if (!agent?.loggedIn) return;
    agent.loggedIn = false;
    this.emit({ event: "LoggedOff", session: "Inbound", address: agent.address, callId: "", ani: "" });
  }

  /** Offers a new call to an agent. */
  ring(address: unknown, ani: string, session: SessionTypeName = "Inbound"): CallState {
    const call: CallState = { id: randomUUID(), session, ani, agent: this.agentAt(address).address, place: "hunting" };
    this.calls.push(call);
    this.calls.splice(0, this.calls.length - KEPT_CALLS);
    this.emitOf("Hunting", call);
    return { ...call };
  }

  /** The agent takes the call. */
  answer(id?: unknown): void {
    this.move("Connected", "connected", this.find(id, ["hunting"]));
  }

  /** The agent puts the customer on hold. */
  hold(id?: unknown): void {
    this.move("OnHold", "held", this.find(id, ["connected"]));
  }

  /** The call is taken off hold, by the same agent or by another one. */
  retrieve(id?: unknown, address?: unknown): void {
    const call = this.find(id, ["held"]);
    if (address !== undefined) call.agent = this.agentAt(address).address;
    this.move("Retrieve", "connected", call);
  }

  /** A transfer as the vendor describes it: a hold, then a retrieve by the one who has the call after it. */
  transfer(id: unknown, to: unknown, works: boolean): void {
    const call = this.find(id, ["connected", "held"]);
    const target = this.agentAt(to).address;
    if (target === call.agent) throw new Error("The call is with this agent already.");
    if (call.place === "connected") this.hold(call.id);
    this.retrieve(call.id, works ? target : undefined);
  }

  /** The call ends. */
  hangup(id?: unknown): void {
    this.move("Disconnected", "ended", this.find(id, ["hunting", "connected", "held"]));
  }

  private agentAt(address: unknown): AgentState {
    const agent = this.agent(address);
    if (!agent) throw new Error(`There is no agent ${String(address)}.`);
    return agent;
  }

  private find(id: unknown, places: readonly CallState["place"][]): CallState {
    const call = this.calls.findLast((call) => (id === undefined ? places.includes(call.place) : call.id === id));
    if (!call || !places.includes(call.place)) throw new Error(`There is no such call that is ${places.join(" or ")}.`);
    return call;
  }

  private move(event: EventName, place: CallState["place"], call: CallState): void {
    call.place = place;
    this.emitOf(event, call);
  }

  private emitOf(event: EventName, { session, agent: address, id: callId, ani }: CallState): void {
    this.emit({ event, session, address, callId, ani });
  }
}
