/** Who gets an event, and what an event proves. */
import { type Subject, subjectKey } from "./subject.js";
import type { Entry } from "./subscription.js";

/** Subjects remembered whose last events may be under way; with more of them no event proves anything. */
const ENDED_KEPT = 10_000;

/** The way of the events of one spelling. */
interface Route<S> {
  readonly entry: Entry<S>;
  readonly receivers: readonly S[];
  /** An event proves that the hub serves the entry. */
  readonly proves: boolean;
}

/** The ways of events on one connection. */
export class Routes<S> {
  /** By the exact spelling on the wire: an event finds them without folding its text. */
  private readonly routes = new Map<string, Map<string, Route<S>>>();
  /** Keys of what this connection was to serve before, and may have ended: its last events may still be under way. */
  private readonly ended = new Set<string>();

  /** The way of the last event of this spelling; undefined when that is not known. */
  find({ entityId, eventName }: Subject): Route<S> | undefined {
    return this.routes.get(entityId)?.get(eventName);
  }

  /** Remembers who gets events of this spelling, until {@link Routes.clear}. */
  keep({ entityId, eventName }: Subject, entry: Entry<S>, receivers: readonly S[]): void {
    const names = this.routes.get(entityId) ?? new Map<string, Route<S>>();
    const proves = this.proves(subjectKey(entry.subject));
    this.routes.set(entityId, names.set(eventName, { entry, receivers, proves }));
  }

  /** The receivers have changed. */
  clear(): void {
    this.routes.clear();
  }

  /** The hub may have ended this subject. */
  end(key: string): void {
    if (this.ended.size < ENDED_KEPT) this.ended.add(key);
  }

  /** True when this subject may have been ended on this connection. */
  hasEnded(key: string): boolean {
    return this.ended.has(key);
  }

  /** True when an event of this subject proves that the hub serves it: none can be under way from before. */
  proves(key: string): boolean {
    return this.ended.size < ENDED_KEPT && !this.ended.has(key);
  }

  /** A new connection knows nothing. */
  forget(): void {
    this.ended.clear();
    this.clear();
  }
}
