/** Who gets an event, and what an event proves. */
import type { Subject } from "./subject.js";

/** Subjects remembered whose last events may be under way; with more of them no event proves anything. */
const ENDED_KEPT = 10_000;

/** The ways of events on one connection. */
export class Routes<S> {
  /** Receivers by the exact spelling on the wire: an event finds them without folding its text. */
  private readonly receivers = new Map<string, Map<string, readonly S[]>>();
  /** Keys of what this connection was to serve before, and may have ended: its last events may still be under way. */
  private readonly ended = new Set<string>();

  /** Who got the last event of this spelling; undefined when that is not known. */
  find({ entityId, eventName }: Subject): readonly S[] | undefined {
    return this.receivers.get(entityId)?.get(eventName);
  }

  /** Remembers who gets events of this spelling, until {@link Routes.clear}. */
  keep({ entityId, eventName }: Subject, receivers: readonly S[]): void {
    const names = this.receivers.get(entityId) ?? new Map<string, readonly S[]>();
    this.receivers.set(entityId, names.set(eventName, receivers));
  }

  /** The receivers have changed. */
  clear(): void {
    this.receivers.clear();
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
