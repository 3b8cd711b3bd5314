/** A member of an RTE client that writes down what it hears. */
import type { ClientOptions, RteClient } from "../../lib/rte/client.js";
import type { RteEvent } from "../../lib/rte/events.js";
import type { Member, Notice, State } from "../../lib/rte/member.js";
import { until } from "./wait.js";

/** The notice with this topic; two topics may share one shape. */
type Told<T> = Notice extends infer N
  ? N extends { topic: infer U; payload: infer P }
    ? T extends U
      ? { topic: T; payload: P }
      : never
    : never
  : never;

/** A member and what it heard. */
export class RecordingSubscriber {
  readonly events: RteEvent[] = [];
  readonly notices: Notice[] = [];
  readonly states: State[] = [];
  readonly member: Member;
  constructor(client: RteClient, id = "ear") {
    this.member = client.join(id, {
      onEvent: (event) => this.events.push(event),
      onNotice: (notice) => this.notices.push(notice),
      onState: (state) => this.states.push(state),
    });
  }
  all<T extends Notice["topic"]>(topic: T): Told<T>[] {
    return this.notices.filter((each) => each.topic === topic) as Told<T>[];
  }
  notice<T extends Notice["topic"]>(topic: T, count = 1): Promise<Told<T>> {
    return until(`${topic} number ${count}`, () => this.all(topic)[count - 1]);
  }
}

/** Small times: what is tested here is the order of things; the real bounds are tested in `timings.test.ts`. */
export const FAST: Pick<ClientOptions, "timings" | "backoff"> = {
  timings: { negotiateMs: 150, handshakeMs: 150, silenceMs: 300, invokeMs: 150 },
  backoff: { minMs: 20, maxMs: 80 },
};
