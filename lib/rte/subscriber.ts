/** One user of the connection, as the client keeps it: in use, or on hold while its node is deployed anew. */
import type { RteClient } from "./client.js";
import type { RteEvent, Subject } from "./events.js";
import type { Member, Notice, Receiver, State } from "./member.js";
import type { Result } from "./subscriptions.js";

/** What a receiver throws is its own affair: the other receivers and the connection live on. */
function safely(hand: () => void): void {
  try {
    hand();
  } catch {
    // Nobody here could mend it; a node reports its own failures.
  }
}

/** A {@link Member}, with what only the client needs to know of it. */
export class Seat implements Member {
  /** Since when it wants to hear, Unix milliseconds: a gap does not begin before. */
  readonly sinceMs: number;
  /** Events that came while its node was being deployed anew, and a gap. */
  held: RteEvent[] | undefined;
  gap: Notice | undefined;
  /** The one that took its place. */
  heir: Seat | undefined;

  constructor(
    readonly id: string,
    private readonly client: RteClient,
    private readonly receiver: Receiver,
    /** The one on hold whose place it takes. */
    public predecessor: Seat | undefined,
  ) {
    this.sinceMs = predecessor?.sinceMs ?? Date.now();
  }

  onEvent(event: RteEvent): void {
    if (this.held === undefined) safely(() => this.receiver.onEvent(event));
    else this.held.push(event);
  }

  tell(notice: Notice): void {
    if (this.held === undefined) safely(() => this.receiver.onNotice(notice));
    else if (notice.topic !== "gap") return;
    else if (this.heir === undefined) this.gap = notice;
    else this.heir.tell(notice);
  }

  show(state: State): void {
    if (this.held === undefined) safely(() => this.receiver.onState(state));
  }

  want(subjects: readonly Subject[]): Promise<void> {
    return this.client.want(this, subjects);
  }

  subscribe(subjects: readonly Subject[]): Promise<Result[]> {
    return this.client.subscribe(this, subjects);
  }

  unsubscribe(subjects?: readonly Subject[]): Promise<Result[]> {
    return this.client.unsubscribe(this, subjects);
  }

  list(): Promise<Result[]> {
    return this.client.list(this);
  }

  available(): Promise<string[]> {
    return this.client.available();
  }

  leave(): void {
    this.client.leave(this);
  }

  hold(): void {
    this.held = [];
  }
}
