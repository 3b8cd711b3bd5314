/** The calls of one simulator: the latest first, not more than a page shows. */
import type { Conversation, Exchange, Note, Step, Tone } from "./conversation.js";

/** How many calls are kept for the page. */
const KEPT = 30;

/** A call in progress: steps are added, the place changes, at last it ends. */
export class Call {
  private readonly steps: Step[] = [];
  private readonly startedAt = new Date().toISOString();
  private place = "ringing";
  private over = false;

  constructor(
    readonly id: string,
    readonly from: string,
    readonly to: string,
    private readonly changed: () => void,
  ) {}

  get ended(): boolean {
    return this.over;
  }

  /** Adds a step; the returned object may be completed until the next change is published. */
  step(
    title: string,
    tone: Tone,
    more: { notes?: readonly Note[]; exchange?: Exchange; speech?: Step["speech"] } = {},
  ): void {
    this.steps.push({
      at: new Date().toISOString(),
      title,
      tone,
      notes: more.notes ?? [],
      ...(more.exchange && { exchange: more.exchange }),
      ...(more.speech && { speech: more.speech }),
    });
    this.changed();
  }

  /** Completes the exchange of an earlier step. */
  complete(exchange: Exchange, more: Partial<Exchange>): void {
    Object.assign(exchange, more);
    this.changed();
  }

  /** Says where the call is. */
  move(place: string): void {
    this.place = place;
    this.changed();
  }

  /** Ends the call; a second end changes nothing. */
  end(place: string): void {
    if (this.over) return;
    this.over = true;
    this.move(place);
  }

  /** The caller ends it; the list of calls goes on to say where it was. */
  hangUp(): void {
    this.step("the caller hangs up", "quiet");
    this.end(`${this.place}; ended by the caller`);
  }

  /** What the page shows. */
  conversation(): Conversation {
    const { id, from, to, startedAt, place } = this;
    return { id, from, to, startedAt, place, steps: [...this.steps], ended: this.over };
  }
}

/** A list of calls and those who want to know of changes. */
export class Conversations<C extends Call = Call> {
  private readonly calls: C[] = [];
  private readonly listeners = new Set<() => void>();

  /** Tells every listener. */
  readonly changed = (): void => {
    for (const listener of this.listeners) listener();
  };

  /** @returns how to stop listening */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Puts a call in front; the oldest leaves the list, though it may go on. */
  add(call: C): C {
    this.calls.unshift(call);
    this.calls.splice(KEPT);
    this.changed();
    return call;
  }

  /**
   * @param id of a call; absent: the latest that has not ended
   * @throws Error when there is none
   */
  find(id: unknown): C {
    const found = this.calls.find((call) => (id === undefined ? !call.ended : call.id === id));
    if (found === undefined) throw new Error("There is no such call.");
    return found;
  }

  /** Every call, the latest first. */
  all(): readonly C[] {
    return this.calls;
  }

  /** Forgets the calls that have ended. */
  forget(): void {
    this.calls.splice(0, this.calls.length, ...this.calls.filter(({ ended }) => !ended));
    this.changed();
  }

  /** For the page. */
  list(): Conversation[] {
    return this.calls.map((call) => call.conversation());
  }
}
