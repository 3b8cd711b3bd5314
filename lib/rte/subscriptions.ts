/**
 * Who wants which events, and what the hub has granted. Several members that want the same share one subscription of the
 * hub. Pure bookkeeping: it knows neither hub nor time.
 */
import type { RteEvent, Subject } from "./events.js";

/** What became of one subscription. */
export interface Result extends Subject {
  subscribed: boolean;
  /** The hub's word, such as `Unauthorized`, or ours: `disconnected`, `inactive`. */
  message: string | null;
}

/** One that wants events. */
export interface Wanting {
  onEvent: (event: RteEvent) => void;
}

interface Want<M> {
  subject: Subject;
  members: M[];
}

/** The same subject has the same text whatever its case. */
export function subjectKey({ entityId, eventName }: Subject): string {
  return `${entityId} ${eventName}`.toLowerCase();
}

/** The list without repetitions. */
export function distinct<S extends Subject>(subjects: readonly S[]): S[] {
  return [...new Map(subjects.map((subject) => [subjectKey(subject), subject])).values()];
}

/** The wishes of all members against what the hub has granted. */
export class Subscriptions<M extends Wanting> {
  private readonly wants = new Map<string, Want<M>>();
  /** What the hub serves on this connection. */
  private readonly granted = new Map<string, Subject>();
  /** What it refused on this connection, and why. */
  private readonly refusals = new Map<string, string | null>();
  /** What was wanted once: its last events may still be under way. */
  private readonly past = new Set<string>();
  /** Receivers by the exact spelling on the wire: an event finds them without folding its text. */
  private routes = new Map<string, Map<string, readonly M[]>>();

  /** Adds wishes; a subject that was refused will be asked for again. */
  add(member: M, subjects: readonly Subject[]): void {
    for (const subject of subjects) {
      const key = subjectKey(subject);
      const want = this.wants.get(key);
      if (want === undefined) this.wants.set(key, { subject, members: [member] });
      else if (!want.members.includes(member)) want.members = [...want.members, member];
      this.refusals.delete(key);
    }
    this.routes.clear();
  }

  /** Takes wishes back. */
  remove(member: M, subjects: readonly Subject[]): void {
    for (const subject of subjects) {
      const key = subjectKey(subject);
      const want = this.wants.get(key);
      if (want === undefined) continue;
      want.members = want.members.filter((other) => other !== member);
      if (want.members.length > 0) continue;
      this.wants.delete(key);
      this.past.add(key);
    }
    this.routes.clear();
  }

  /** What one member wants. */
  of(member: M): Subject[] {
    return [...this.wants.values()].filter(({ members }) => members.includes(member)).map(({ subject }) => subject);
  }

  /** Who gets an event. The spelling is the hub's. */
  receivers(entityId: string, eventName: string): readonly M[] {
    const route = this.routes.get(entityId)?.get(eventName);
    if (route !== undefined) return route;
    const members = this.wants.get(subjectKey({ entityId, eventName }))?.members ?? [];
    // Only wanted subjects are remembered, so the routes do not outgrow the wishes.
    if (members.length > 0) {
      const names = this.routes.get(entityId) ?? new Map<string, readonly M[]>();
      this.routes.set(entityId, names.set(eventName, members));
    }
    return members;
  }

  /** True when an event of this subject is no surprise although nobody wants it now. */
  wasWanted(subject: Subject): boolean {
    return this.past.has(subjectKey(subject));
  }

  /** A new connection: the hub has forgotten everything. */
  reset(): void {
    this.granted.clear();
    this.refusals.clear();
    this.past.clear();
  }

  /** What to ask the hub for now. */
  missing(): Subject[] {
    return [...this.wants]
      .filter(([key]) => !this.granted.has(key) && !this.refusals.has(key))
      .map(([, { subject }]) => subject);
  }

  /** What the hub serves and nobody wants. */
  surplus(): Subject[] {
    return [...this.granted].filter(([key]) => !this.wants.has(key)).map(([, subject]) => subject);
  }

  /** True when giving up the surplus leaves the hub with nothing to serve. */
  surplusIsAll(): boolean {
    return this.granted.size > 0 && [...this.granted.keys()].every((key) => !this.wants.has(key));
  }

  /** Notes the hub's answer to one item of `Subscribe`. */
  answered(subject: Subject, subscribed: boolean, message: string | null): void {
    const key = subjectKey(subject);
    if (subscribed) this.granted.set(key, subject);
    else this.refusals.set(key, message);
  }

  /** Notes that the hub no longer serves this. */
  released(subject: Subject): void {
    this.granted.delete(subjectKey(subject));
  }

  /** The state of a subject; `otherwise` says why it is neither granted nor refused. */
  result(subject: Subject, otherwise: string | null = null): Result {
    const key = subjectKey(subject);
    const { entityId, eventName } = subject;
    if (this.granted.has(key)) return { entityId, eventName, subscribed: true, message: null };
    return { entityId, eventName, subscribed: false, message: this.refusals.get(key) ?? otherwise };
  }
}
