/**
 * A day of a small contact centre as a list of events: callers come, wait, are offered to agents, talk, give up or leave a
 * request to be called back; agents take breaks. The same seed makes the same day; ids and states fit together.
 */
import { type EventName, EVENTS } from "../../lib/rte/tables.js";
import { type Agent, AGENTS, type Queue, QUEUES } from "../directory.js";
import { chance } from "./chance.js";
import { CALL_LIST, ORGANIZATION_ID } from "./seed-data.js";
import { Timeline } from "./timeline.js";

/** Something that happened. */
export interface DayEvent {
  /** Milliseconds since the day began. */
  atMs: number;
  entityId: string;
  name: EventName;
  data: Record<string, unknown>;
}

/** From eight to four. */
export const DAY_MS = 8 * 3_600_000;
const MINUTE = 60_000;
const CALLS = 400;
const PATIENCE_MS = 4 * MINUTE;
const RING_MS = 15_000;

interface Call {
  id: string;
  caller: string;
  queue: Queue;
  arrivedMs: number;
  over: boolean;
}
interface Desk {
  agent: Agent;
  /** Free from then on. */
  busy: boolean;
  away: boolean;
}

/** Plays a day ahead. */
class Day {
  readonly events: DayEvent[] = [];
  private readonly timeline = new Timeline();
  private readonly desks: Desk[] = AGENTS.map((agent) => ({ agent, busy: false, away: false }));
  private readonly waiting = new Map<string, Call[]>(QUEUES.map(({ id }) => [id, []]));
  private readonly talking = new Map<string, number>(QUEUES.map(({ id }) => [id, 0]));
  private readonly random: () => number;
  private openRequests = 0;

  constructor(
    seed: number,
    private readonly startMs: number,
  ) {
    this.random = chance(seed);
  }

  run(): DayEvent[] {
    for (const desk of this.desks) this.timeline.at(0, () => this.comeIn(desk));
    for (const queue of QUEUES) this.timeline.at(1, () => this.status(queue));
    for (let index = 0; index < CALLS; index++)
      this.timeline.at(5 * MINUTE + this.random() * (DAY_MS - 40 * MINUTE), () => this.arrive());
    this.desks.forEach((desk, index) => this.timeline.at(3 * 3_600_000 + index * 30 * MINUTE, () => this.lunch(desk)));
    this.timeline.play();
    return this.events;
  }

  private say(entityId: string, name: EventName, data: Record<string, unknown>): void {
    const organization = "OrganizationId" in EVENTS[name] ? { OrganizationId: ORGANIZATION_ID } : {};
    this.events.push({ atMs: this.timeline.nowMs, entityId, name, data: { ...data, ...organization } });
  }

  private time(atMs = this.timeline.nowMs): string {
    // Without a zone, as the hub writes it.
    return new Date(this.startMs + atMs).toISOString().replace("Z", "");
  }

  private guid(): string {
    const hex = (count: number): string =>
      Array.from({ length: count }, () => Math.floor(this.random() * 16).toString(16)).join("");
    return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
  }

  private user(desk: Desk): void {
    const free = !desk.busy && !desk.away;
    this.say(desk.agent.id, "UserStatus", {
      ActiveQueues: QUEUES.length,
      Available: !desk.away,
      CanBeAllocatedTo: free,
      ParkedCalls: 0,
      Schedule: true,
      ServiceTerminals: 1,
      Serving: !desk.away,
      ServingCallback: !desk.away,
      Talking: desk.busy,
      UserId: desk.agent.id,
      WrapUpEnd: null,
    });
  }

  private availability(desk: Desk, Availability: string, Note: string, endMs?: number): void {
    const EndTime = endMs === undefined ? "9999-12-31T23:59:59.9999999" : this.time(endMs);
    const { id, email } = desk.agent;
    this.say(id, "UserAvailability", {
      Availability,
      EndTime,
      EventSource: "manual",
      Note,
      ProfileId: id,
      StartTime: this.time(),
      UserId: id,
      UserName: email,
    });
  }

  private status({ id, name }: Queue): void {
    const queued = this.waiting.get(id) ?? [];
    const connected = this.talking.get(id) ?? 0;
    const free = this.desks.filter((desk) => !desk.busy && !desk.away).length;
    const away = this.desks.filter((desk) => desk.away).length;
    this.say(id, "QueueStatus", {
      MaxWaitTime: Math.round(Math.max(0, ...queued.map((call) => this.timeline.nowMs - call.arrivedMs)) / 1000),
      NbrOfAgentsCheckedInQueue: this.desks.length,
      NbrOfAgentsImmediatelyFree: free,
      NbrOfAgentsLongTermAway: away,
      NbrOfAgentsOnWrapUp: 0,
      NbrOfAgentsShortTermAway: this.desks.length - free - away,
      NbrOfAllocated: 0,
      NbrOfConnected: connected,
      NbrOfNotServedRequesters: queued.length,
      NbrOfProviders: this.desks.length,
      NbrOfQueuingRequesters: queued.length,
      NbrOfRequesters: queued.length + connected,
      NbrOfServingAgentsEstimate: this.desks.length - away,
      OpenStatus: 5,
      QueueId: id,
      QueueName: name,
    });
  }

  private comeIn(desk: Desk): void {
    this.availability(desk, "Available", "");
    this.user(desk);
  }

  private lunch(desk: Desk): void {
    desk.away = true;
    this.availability(desk, "Busy", "Lunch", this.timeline.nowMs + 30 * MINUTE);
    this.user(desk);
    this.timeline.in(30 * MINUTE, () => {
      desk.away = false;
      this.comeIn(desk);
      this.serve();
    });
  }

  private facts(call: Call): Record<string, unknown> {
    return {
      CallerNumber: call.caller,
      CallId: call.id,
      LegId: `${call.id.slice(0, 8)}-1`,
      TargetNumber: call.queue.number,
    };
  }

  private queueFacts(call: Call): Record<string, unknown> {
    return { ...this.facts(call), QueueId: call.queue.id, QueueName: call.queue.name };
  }

  private arrive(): void {
    const queue = QUEUES[Math.floor(this.random() * QUEUES.length)] as Queue;
    const caller = `+35840${String(Math.floor(this.random() * 1e7)).padStart(7, "0")}`;
    const call: Call = { id: this.guid(), caller, queue, arrivedMs: this.timeline.nowMs, over: false };
    const facts = { ...this.queueFacts(call), QueueNumber: queue.number };
    this.say(queue.id, "QueueCallInComing", facts);
    this.timeline.in(2000, () => {
      this.say(queue.id, "QueueCallInArrived", facts);
      this.waiting.get(queue.id)?.push(call);
      this.status(queue);
      this.serve();
    });
    this.timeline.in(PATIENCE_MS * (0.5 + this.random()), () => this.giveUp(call));
  }

  private unqueue(call: Call): boolean {
    const queued = this.waiting.get(call.queue.id) ?? [];
    const at = queued.indexOf(call);
    if (at >= 0) queued.splice(at, 1);
    return at >= 0;
  }

  private giveUp(call: Call): void {
    if (call.over || !this.unqueue(call)) return;
    this.end(call, "remote", "cancel");
    if (this.random() < 0.6) this.request(call);
  }

  /** Offers the longest waiting callers to free agents. */
  private serve(): void {
    for (const desk of this.desks) {
      if (desk.busy || desk.away) continue;
      const [call] = [...this.waiting.values()].flat().sort((a, b) => a.arrivedMs - b.arrivedMs);
      if (call === undefined) return;
      this.offer(call, desk);
    }
  }

  private offer(call: Call, desk: Desk): void {
    this.unqueue(call);
    desk.busy = true;
    const { agent } = desk;
    const who = { UserId: agent.id, UserName: agent.email };
    const queue = { ...this.queueFacts(call), QueueNumber: call.queue.number, ...who };
    this.say(call.queue.id, "QueueCallInUserAllocated", { ...queue, DetailedReason: "" });
    this.say(agent.id, "UserCallInUserAllocated", {
      ...this.facts(call),
      ...who,
      DetailedReason: "",
      UserNumber: agent.number,
    });
    const answers = this.random() < 0.85;
    this.timeline.in(answers ? 4000 + this.random() * 8000 : RING_MS, () =>
      answers ? this.talk(call, desk) : this.miss(call, desk),
    );
  }

  private miss(call: Call, desk: Desk): void {
    const { agent } = desk;
    const who = { UserId: agent.id, UserName: agent.email };
    const why = { DetailedReason: "no answer", Reason: "local" };
    this.say(call.queue.id, "QueueCallInUserCancelled", {
      ...this.queueFacts(call),
      QueueNumber: call.queue.number,
      ...who,
      ...why,
    });
    this.say(agent.id, "UserCallInUserCancelled", { ...this.facts(call), ...who, ...why });
    this.say(agent.id, "UserMissedCallNotification", { CallerName: "", CallerNumber: call.caller, CallId: call.id });
    desk.busy = false;
    this.user(desk);
    this.waiting.get(call.queue.id)?.unshift(call);
    // The agent who did not answer is asked again only after a moment.
    this.timeline.in(RING_MS, () => this.serve());
  }

  private talk(call: Call, desk: Desk): void {
    const { agent } = desk;
    const who = { UserId: agent.id, UserName: agent.email, UserNumber: agent.number };
    this.say(call.queue.id, "QueueCallInUserConnected", {
      ...this.queueFacts(call),
      QueueNumber: call.queue.number,
      ...who,
    });
    this.say(agent.id, "UserCallInUserConnected", { ...this.facts(call), ...who });
    this.talking.set(call.queue.id, (this.talking.get(call.queue.id) ?? 0) + 1);
    this.user(desk);
    this.status(call.queue);
    this.timeline.in(MINUTE + this.random() * 9 * MINUTE, () => {
      this.talking.set(call.queue.id, (this.talking.get(call.queue.id) ?? 1) - 1);
      const reason = this.random() < 0.5 ? "local" : "remote";
      this.say(agent.id, "UserCallInDisconnected", {
        ...this.facts(call),
        UserId: agent.id,
        Username: agent.email,
        Reason: reason,
        TechReason: "normal",
      });
      desk.busy = false;
      this.user(desk);
      this.end(call, reason, "normal");
      this.serve();
    });
  }

  private end(call: Call, Reason: string, TechReason: string): void {
    call.over = true;
    this.say(call.queue.id, "QueueCallInDisconnected", { ...this.queueFacts(call), Reason, TechReason });
    this.status(call.queue);
  }

  /** A caller who gave up wants to be called back; an agent does so later. */
  private request(call: Call): void {
    const id = this.guid();
    const created = this.time();
    const due = this.time(this.timeline.nowMs + 60 * MINUTE);
    const change = (attempt?: { agent: Agent; at: string }): void =>
      this.say(CALL_LIST.id, "CallbackChanged", {
        AssignedUserId: attempt?.agent.id ?? null,
        CalculatedPriority: "1",
        CallbackAttempts:
          attempt === undefined
            ? []
            : [{ CallbackAttemptTypeId: 1, Id: id, Note: "reached", Timestamp: attempt.at, UserId: attempt.agent.id }],
        CallbackExtras: [],
        CallBackId: id,
        CallbackRelatedItems: [],
        CallId: call.id,
        CallListId: CALL_LIST.id,
        ChannelIn: call.queue.name,
        ContactNumber: call.caller,
        CreationTime: created,
        DueDate: due,
        LastAttemptTimestamp: attempt?.at ?? null,
        Modified: this.time(),
        TypeId: 2,
      });
    this.openRequests++;
    change();
    this.listStatus();
    this.timeline.in((20 + this.random() * 90) * MINUTE, () => {
      const { agent } = this.desks[Math.floor(this.random() * this.desks.length)] as Desk;
      this.openRequests--;
      change({ agent, at: this.time() });
      this.listStatus();
    });
  }

  private listStatus(): void {
    const serving = this.desks.filter((desk) => !desk.away).length;
    this.say(CALL_LIST.id, "CallbackListStatus", {
      CallListId: CALL_LIST.id,
      ExpiresIn24h: 0,
      IsAutoAllocate: false,
      NextHourOverDueDate: this.openRequests,
      NextHourRevealedNotBefore: 0,
      TotalActiveAgents: this.desks.length,
      TotalAssigned: 0,
      TotalAutoAllocateAgents: 0,
      TotalFreeForAllocation: this.openRequests,
      TotalHidingNotBefore: 0,
      TotalOpenRequests: this.openRequests,
      TotalOverDueDate: Math.max(0, this.openRequests - 3),
      TotalServingAgents: serving,
      TotalServingAutoAllocateAgents: 0,
    });
  }
}

/**
 * Makes a whole day.
 * @param seed the same seed makes the same day
 * @param startMs when the day begins, Unix milliseconds; only times inside events depend on it
 * @returns events in the order of their time
 */
export function makeDay(seed: number, startMs: number = Date.UTC(2026, 4, 4, 6)): DayEvent[] {
  return new Day(seed, startMs).run();
}
