/** What a flow remembers of a call from one external layer to the next, by the call's id (`IVR_UNIQUE_ID`). */
import { idText, isRecord, LONGEST_ID } from "../core/values.js";

/** What a flow puts into a session. */
export type Session = Record<string, unknown>;

/** How long a session is kept after the last layer, ms. */
const KEPT_MS = 2 * 60 * 60 * 1000;
/** How many calls are kept; the one that was silent for longest is forgotten first. */
const MOST_CALLS = 10_000;

/** The sessions of all calls, the most recently used last. */
export class CallSessions {
  private readonly entries = new Map<string, { session: Session; usedMs: number }>();
  private timer: NodeJS.Timeout | undefined;

  /** @param copy makes a deep copy: what a flow does later with an object that it had changes nothing that another layer has */
  constructor(private readonly copy: (session: Session) => Session = structuredClone) {}

  /**
   * The session of a call, when a layer of it begins.
   * @param id the call's id; without one, or with one that stands for none or is too long, the session is not kept
   * @returns an object of this layer; until the next one begins, what is changed in it is kept where {@link keep} is not called
   */
  of(id: string | undefined): Session {
    this.forget();
    const session = this.entries.get(id ?? "")?.session ?? {};
    this.keep(id, session);
    return this.entries.get(id ?? "")?.session ?? session;
  }

  /**
   * Keeps a copy of what a message holds when its call is answered.
   * @param session null forgets what was kept; undefined, and what is not a plain object, leaves it as it is
   * @returns false for what cannot be kept
   */
  keep(id: string | undefined, session: unknown): boolean {
    if (session === undefined) return true;
    if (session !== null && !isRecord(session)) return false;
    if (!id || idText(id) === undefined || id.length > LONGEST_ID) return true;
    let own: Session;
    try {
      own = this.copy(session ?? {});
    } catch {
      return false;
    }
    this.entries.delete(id);
    this.entries.set(id, { session: own, usedMs: performance.now() });
    this.forget();
    return true;
  }

  /** Forgets all calls. */
  clear(): void {
    this.entries.clear();
  }

  /** How many calls are kept. */
  get size(): number {
    return this.entries.size;
  }

  /** Forgets what is too old or too much, and comes back for the rest. */
  private forget(): void {
    for (const [id, { usedMs }] of this.entries) {
      // By the time that passes: a clock that is set ahead by hours forgets no call.
      const leftMs = usedMs + KEPT_MS - performance.now();
      if (leftMs > 0 && this.entries.size <= MOST_CALLS) {
        // One timer at a time: it is early for a call that was used again, and then waits for the next one.
        this.timer ??= setTimeout(() => {
          this.timer = undefined;
          this.forget();
        }, leftMs).unref();
        return;
      }
      this.entries.delete(id);
    }
  }
}
