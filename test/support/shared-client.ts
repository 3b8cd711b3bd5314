/** The client that the RTE nodes of a connection share, at a simulator, with nodes that record what they get. */
import type { RteEvent } from "../../lib/rte/events.js";
import { tokenLogin } from "../../lib/rte/login.js";
import type { Subject } from "../../lib/rte/subject.js";
import type { Notice, Subscriber } from "../../lib/rte/subscriber.js";
import { SharedClient } from "../../nodes/rte/shared-client.js";
import type { RteSimulator } from "../../simulators/rte/simulator.js";
import { until } from "./wait.js";

/** Stands for a node. */
export class Recorder implements Subscriber {
  readonly events: RteEvent[] = [];
  readonly notices: Notice[] = [];
  readonly onEvent = (event: RteEvent): void => void this.events.push(event);
  readonly onNotice = (notice: Notice): void => void this.notices.push(notice);
  readonly onState = (): void => undefined;
  gaps(): (Notice & { topic: "gap" })[] {
    return this.notices.filter((notice): notice is Notice & { topic: "gap" } => notice.topic === "gap");
  }
}

const nothing = (): void => undefined;
const silent = { onUnknown: nothing, onState: nothing, onCallFault: nothing };

/** A client of the simulator's hub; all have the same fingerprint. */
export function sharedClient(simulator: RteSimulator, predecessor?: SharedClient): SharedClient {
  const login = tokenLogin(() => ({ url: simulator.hubUrl, token: simulator.token() }));
  return new SharedClient(login, "same", silent, predecessor);
}

/** A node that has joined, once the hub has said something about each of its subscriptions. */
export async function joinedNode(shared: SharedClient, id: string, subjects: readonly Subject[]): Promise<Recorder> {
  const recorder = new Recorder();
  shared.join(id, recorder, subjects);
  await until("a word on each", () => shared.client.counts(recorder).pending === 0);
  return recorder;
}
