/** One user of the connection, as the client keeps it: in use, or on hold while its node is deployed anew. */
import type { RteClient } from "./client.js";
import type { RteEvent, Subject } from "./event.js";
import type { Member, Notice, Receiver, State } from "./member.js";
import type { Result } from "./subscriptions.js";

/** A {@link Member}, with what only the client needs to know of it. */
export class Seat implements Member {
  /** Since when it wants to hear, Unix milliseconds: a gap does not begin before. */
  readonly sinceMs: number;
  /** Events that came while its node was being deployed anew, and a gap. */
  held: RteEvent[] | undefined;
  gap: Notice | undefined;

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
    if (this.held !== undefined) {
      this.held.push(event);
      return;
    }
    try {
      this.receiver.onEvent(event);
    } catch {
      // What a receiver throws is its own affair: the other receivers and the connection live on.
    }
  }

  tell(notice: Notice): void {
    if (this.held === undefined) this.receiver.onNotice(notice);
    else if (notice.topic === "gap") this.gap = notice;
  }

  show(state: State): void {
    if (this.held === undefined) this.receiver.onState(state);
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
