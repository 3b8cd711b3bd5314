/** A Node-RED without a runtime: subscribers that are asked, deployed, stopped and killed, and the address that they use. */
import type { Gap } from "../../../lib/cti/gaps.js";
import { Subscriber } from "../../../lib/cti/subscriber.js";
import { SubscriptionManager } from "../../../lib/cti/subscriptions.js";
import { readEvent } from "../../../lib/cti/events.js";
import { expectEvents, isDuplicate, isExpected, noteRefused } from "../../../nodes/cti/callback.js";
import type { VirtualClock } from "../virtual-clock.js";
import type { ScheduledBroker, ScheduledEvent } from "./broker.js";
import { ScheduledFile } from "./file.js";
import type { Random } from "./random.js";

/** How long a node waits for the broker when it closes, milliseconds. */
const CLOSE_MS = 1800;
const RENEW_MS = 120_000;
/** The longest time between the end of a process and the next one, milliseconds. */
const DOWN_MS = 20_000;

interface Process {
  manager: SubscriptionManager;
  isAlive: boolean;
  /** Its event node; another process has forgotten what this one let through. */
  eventNode: string;
  /** When it got each of its subscriptions, Unix milliseconds, and of how many the store knows. */
  ids: { made: number[]; stored: number };
  /** Requests under way. */
  running: number;
}

/** One `cti-subscribe`. */
interface SubscriberNode {
  subscriber: Subscriber;
  /** What it shall be subscribed to. */
  wanted: Set<string>;
  release: () => void;
}

let sites = 0;

/** Something that happened to an agent who was subscribed. */
interface Promised {
  imAddress: string;
  at: number;
  /** When its last copy was posted. */
  to: number;
}

/** What a gap may miss at its ends, milliseconds. */
const EDGE_MS = 50;
/** A kill forgets what was served for less than this, milliseconds. */
const FORGOTTEN_MS = 1500;

/** All that runs in one place, one process after another. */
export class Site {
  /** Events that came out, by event and process. */
  private readonly delivered = new Map<string, Map<string, number>>();
  /** Events that have to come out, or be inside a gap. */
  private readonly promised = new Map<string, Promised>();
  /** Since when agents are subscribed without a pause in which nobody wanted them. */
  private readonly servedSince = new Map<string, number>();
  /** When how many agents were wanted. */
  readonly wantedAt: { at: number; agents: number }[] = [];
  private readonly gaps: Gap[] = [];
  /** Requests of one process that were under way at once. */
  mostAtOnce = 0;
  callback = "http://site/0";
  private process: Process;
  private nodes: SubscriberNode[] = [];
  private readonly file: ScheduledFile;
  private readonly name = `site-${++sites}`;
  private processes = 0;
  private callbacks = 0;

  constructor(
    private readonly broker: ScheduledBroker,
    private readonly clock: VirtualClock,
    private readonly random: Random,
    private readonly agents: readonly string[],
    readonly parallel: number,
  ) {
    this.file = new ScheduledFile(random);
    broker.post = (callback, id, event) => this.receive(callback, id, event);
    this.process = this.startProcess();
    this.open([agents]);
  }

  /** What is done at the site, by weight. */
  static readonly ACTIONS = [
    ...["subscribeAll", "subscribeSome", "unsubscribeAll", "unsubscribeSome", "hammer"],
    ...["deploy", "deployAgents", "deployCallback", "deployNodes", "stopFlows", "restart", "kill", "killOften"],
  ] as readonly ("hammer" | "deploy" | "killOften")[];

  /** Asks for all that is configured, as a message without payload does. */
  subscribeAll(): void {
    this.subscribe(this.random.pick(this.nodes), this.agents);
  }

  subscribeSome(): void {
    this.subscribe(this.random.pick(this.nodes), this.random.part(this.agents));
  }

  unsubscribeAll(): void {
    this.unsubscribe(this.random.pick(this.nodes));
  }

  unsubscribeSome(): void {
    this.unsubscribe(this.random.pick(this.nodes), this.random.part(this.agents));
  }

  /** A flow that asks again and again. */
  async hammer(): Promise<void> {
    const node = this.random.pick(this.nodes);
    const few = this.random.part(this.agents);
    for (let message = 0; message < 20; message++) {
      if (this.random.next() < 0.5) this.subscribe(node, few);
      else this.unsubscribe(node, few);
      await this.clock.pass(500 * this.random.next());
    }
  }

  /** Nothing that concerns the subscriptions has changed. */
  deploy(): Promise<void> {
    return this.redeploy(this.lists);
  }

  deployAgents(): Promise<void> {
    return this.redeploy(this.nodes.map(() => this.random.part(this.agents)));
  }

  deployCallback(): Promise<void> {
    this.callback = `http://site/${++this.callbacks % 3}`;
    return this.deploy();
  }

  /** One node more, or one less. */
  deployNodes(): Promise<void> {
    const { lists } = this;
    if (lists.length > 1) {
      const removed = this.nodes.pop();
      void removed?.subscriber.close(CLOSE_MS, false);
      removed?.release();
      lists.pop();
    } else lists.push(this.random.part(this.agents));
    return this.redeploy(lists);
  }

  async stopFlows(): Promise<void> {
    const { lists } = this;
    await this.closeNodes(false);
    await this.clock.pass(DOWN_MS * this.random.next());
    this.open(lists);
  }

  /** Ends in good order. */
  async restart(): Promise<void> {
    const { lists } = this;
    await this.closeNodes(false);
    await this.begin(lists);
  }

  async kill(downMs = DOWN_MS): Promise<void> {
    const { lists } = this;
    for (const [agent, since] of this.servedSince) if (Date.now() - since < FORGOTTEN_MS) this.forget(agent);
    for (const { release } of this.nodes) release();
    this.nodes = [];
    await this.begin(lists, downMs);
  }

  /** Killed again and again while it begins. */
  async killOften(): Promise<void> {
    for (let kills = 1 + this.random.below(8); kills > 0; kills--) {
      await this.kill(100);
      await this.clock.pass(1000 * this.random.next() ** 2);
    }
  }

  /** Agents that shall be subscribed. */
  get wanted(): Set<string> {
    return new Set(this.nodes.flatMap(({ wanted }) => [...wanted]));
  }

  /** The id that each wanted agent has. */
  get ids(): Map<string, string> {
    return new Map(
      this.nodes.flatMap(({ subscriber }) =>
        subscriber
          .list()
          .flatMap(({ imAddress, subscriptionId, subscribed }) =>
            subscriptionId !== undefined && subscribed ? [[imAddress, subscriptionId] as const] : [],
          ),
      ),
    );
  }

  /** Events that came out twice of one process. */
  get doubled(): string[] {
    return [...this.delivered].flatMap(([callId, counts]) => (Math.max(...counts.values()) > 1 ? [callId] : []));
  }

  /** Events that did not come out, and that no gap has told. */
  get untold(): (Promised & { callId: string })[] {
    const isTold = (one: Promised): boolean =>
      this.gaps.some(
        ({ agents, from, to }) =>
          agents.includes(one.imAddress) && one.to >= Date.parse(from) - EDGE_MS && one.at <= Date.parse(to) + EDGE_MS,
      );
    return [...this.promised].flatMap(([callId, one]) =>
      this.delivered.has(callId) || isTold(one) ? [] : [{ ...one, callId }],
    );
  }

  /** An event is sent to all subscriptions of an agent. */
  noteEvent({ imAddress, callId }: ScheduledEvent, lastCopyMs: number): void {
    if (!this.servedSince.has(imAddress) && this.wanted.has(imAddress) && this.ids.has(imAddress))
      this.servedSince.set(imAddress, Date.now());
    if (this.servedSince.has(imAddress)) {
      const at = Date.now();
      this.promised.set(callId, { imAddress, at, to: at + lastCopyMs });
    }
  }

  /** True for an id that is held, or going to be ended. */
  knows(id: string): boolean {
    return this.process.manager.ids.ownerOf(id) !== undefined;
  }

  /** Ends all. */
  async close(): Promise<void> {
    for (const { release } of this.nodes) release();
    this.end();
    await this.process.manager.close();
  }

  private get lists(): string[][] {
    return this.nodes.map(({ wanted }) => [...wanted]);
  }

  private subscribe(node: SubscriberNode, addresses: readonly string[]): void {
    for (const address of addresses) node.wanted.add(address);
    void node.subscriber.subscribe(addresses);
    this.noteWanted();
  }

  private unsubscribe(node: SubscriberNode, addresses?: readonly string[]): void {
    for (const address of addresses ?? [...node.wanted]) node.wanted.delete(address);
    void node.subscriber.unsubscribe(addresses);
    this.noteWanted();
  }

  private async redeploy(lists: readonly (readonly string[])[]): Promise<void> {
    await this.closeNodes(true);
    this.open(lists);
  }

  private async closeNodes(isDeploy: boolean): Promise<void> {
    for (const { subscriber, release } of this.nodes) void subscriber.close(CLOSE_MS, isDeploy).then(release);
    this.nodes = [];
    await this.clock.pass(isDeploy ? 100 : CLOSE_MS + 100);
  }

  private async begin(lists: readonly (readonly string[])[], downMs = DOWN_MS): Promise<void> {
    this.end();
    await this.clock.pass(500 + downMs * this.random.next() ** 2);
    this.process = this.startProcess();
    this.open(lists);
  }

  private end(): void {
    this.process.isAlive = false;
    this.broker.lostAnswers += this.process.ids.made.length - this.process.ids.stored;
    void this.process.manager.close();
  }

  private open(lists: readonly (readonly string[])[]): void {
    const { manager, eventNode } = this.process;
    for (const list of lists) {
      const subscriber = new Subscriber(manager, {
        callback: { url: this.callback },
        renewMs: RENEW_MS,
        onGap: (gap) => this.gaps.push(gap),
      });
      const receiver = { subscriptions: manager, broker: this.name, url: this.callback, onLoggedOut: () => undefined };
      this.nodes.push({ subscriber, wanted: new Set(list), release: expectEvents(eventNode, receiver) });
      void subscriber.start(list);
    }
    manager.users.eventsTaken();
    manager.allSubscribersExpected();
    this.noteWanted();
  }

  private startProcess(): Process {
    const { broker } = this;
    const eventNode = `${this.name}-${++this.processes}`;
    const mine = { isAlive: true, ids: { made: [] as number[], stored: 0 }, running: 0, eventNode } as Process;
    const ask = <T>(request: () => Promise<T>): Promise<T> => {
      if (!mine.isAlive) return new Promise(() => undefined);
      this.mostAtOnce = Math.max(this.mostAtOnce, ++mine.running);
      return request().finally(() => mine.running--);
    };
    mine.manager = new SubscriptionManager({
      client: {
        subscribe: async (request) => {
          const id = await ask(() => broker.subscribe(request, () => mine.isAlive));
          mine.ids.made.push(Date.now());
          return id;
        },
        unsubscribe: (id) => ask(() => broker.unsubscribe(id)),
        test: () => ask(() => broker.test()),
      },
      store: this.file.storeOf(mine),
      parallel: () => this.parallel,
      backoff: { random: this.random.next },
    });
    return mine;
  }

  private noteWanted(): void {
    const { wanted } = this;
    this.wantedAt.push({ at: Date.now(), agents: wanted.size });
    for (const agent of this.servedSince.keys()) if (!wanted.has(agent)) this.forget(agent);
  }

  // Whom nobody wants any more, nobody is told about.
  private forget(agent: string): void {
    this.servedSince.delete(agent);
    for (const [callId, { imAddress }] of this.promised)
      if (imAddress === agent && !this.delivered.has(callId)) this.promised.delete(callId);
  }

  private receive(callback: string, SubscriptionId: string, { imAddress, callId }: ScheduledEvent): void {
    const { eventNode, isAlive } = this.process;
    if (!isAlive) return;
    // Until the end of a deploy an event node refuses what comes.
    if (this.nodes.length === 0) noteRefused(eventNode, "", Date.now());
    if (this.nodes.length === 0 || callback !== this.callback) return;
    const event = readEvent({ SubscriptionId, SessionType: 0, ImAddress: imAddress, eventType: 3, callId, ani: "" });
    if (!isExpected(eventNode, event, false) || isDuplicate(eventNode, event, true)) return;
    const counts = this.delivered.get(callId) ?? new Map<string, number>();
    this.delivered.set(callId, counts.set(eventNode, (counts.get(eventNode) ?? 0) + 1));
  }
}
