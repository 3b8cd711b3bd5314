/** A subscriber of an RTE client that records what it gets, and calls the client for itself. */
import type { ClientOptions, RteClient } from "../../lib/rte/types.js";
import type { Subject } from "../../lib/rte/subject.js";
import type { RteEvent } from "../../lib/rte/events.js";
import type { Notice, State, Subscriber, Outcome, Result } from "../../lib/rte/subscriber.js";
import { until } from "./wait.js";

/** The notice with this topic; two topics may share one shape. */
type NoticeOf<T> = Notice extends infer N
  ? N extends { topic: infer U; payload: infer P }
    ? T extends U
      ? { topic: T; payload: P }
      : never
    : never
  : never;

/** Records, and is added to the client at once. */
export class RecordingSubscriber implements Subscriber {
  readonly events: RteEvent[] = [];
  readonly notices: Notice[] = [];
  readonly states: State[] = [];
  readonly onEvent = (event: RteEvent): void => void this.events.push(event);
  readonly onNotice = (notice: Notice): void => void this.notices.push(notice);
  readonly onState = (state: State): void => void this.states.push(state);

  constructor(private readonly client: RteClient) {
    client.add(this);
  }

  setSubscriptions(subjects: Subject[], lostSinceMs?: number): Promise<void> {
    return this.client.setSubscriptions(this, subjects, lostSinceMs);
  }
  subscribe(subjects: Subject[]): Promise<Outcome> {
    return this.client.subscribe(this, subjects);
  }
  unsubscribe(subjects?: Subject[]): Promise<Result[]> {
    return this.client.unsubscribe(this, subjects);
  }
  list(): Promise<Result[]> {
    return this.client.list(this);
  }
  available(): Promise<string[]> {
    return this.client.available();
  }
  leave(): void {
    this.client.remove(this);
  }

  all<T extends Notice["topic"]>(topic: T): NoticeOf<T>[] {
    return this.notices.filter((each) => each.topic === topic) as NoticeOf<T>[];
  }
  notice<T extends Notice["topic"]>(topic: T, count = 1): Promise<NoticeOf<T>> {
    return until(`${topic} number ${count}`, () => this.all(topic)[count - 1]);
  }
}

/** Small times: what is tested with them is the order of things. */
export const FAST: Pick<ClientOptions, "timings" | "backoff"> = {
  timings: {
    negotiateMs: 150,
    handshakeMs: 150,
    silenceMs: 300,
    questionMs: 150,
    callMs: 300,
    settleMs: 50,
    drainMs: 10,
  },
  backoff: { minMs: 20, maxMs: 80 },
};
