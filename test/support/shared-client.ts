/** The client that the RTE nodes of a connection share, at a simulator, with nodes that record what they get. */
import type { RteEvent } from "../../lib/rte/events.js";
import { tokenLogin } from "../../lib/rte/login.js";
import type { Subject } from "../../lib/rte/subject.js";
import type { Notice, Subscriber } from "../../lib/rte/subscriber.js";
import { SharedClient } from "../../nodes/rte/shared-client.js";
import { type RteSimulator, startRteSimulator } from "../../simulators/rte/simulator.js";
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

/** A connection to a simulator, new for each test. Registers its own hooks: make it inside of `describe`. */
export class SharedClientSite {
  simulator!: RteSimulator;
  shared!: SharedClient;

  constructor() {
    beforeEach(async () => {
      this.simulator = await startRteSimulator();
      this.shared = this.create();
    });
    afterEach(async () => {
      await this.shared.client.close();
      await this.simulator.close();
    });
  }

  /** Makes a client of the simulator's hub; all have the same fingerprint. */
  create(predecessor?: SharedClient): SharedClient {
    const login = tokenLogin(() => ({ url: this.simulator.hubUrl, token: this.simulator.token() }));
    return new SharedClient(login, "same", silent, predecessor);
  }

  /** The settings are edited: another client takes over the nodes of the present one. */
  async reconnect(): Promise<void> {
    const before = this.shared;
    const progress = before.retire();
    this.shared = this.create(before);
    this.shared.recall(await progress);
  }

  /** A node joins. @returns it, once the hub has said something about each of its subscriptions */
  async joined(id: string, ...subjects: Subject[]): Promise<Recorder> {
    const recorder = new Recorder();
    this.shared.join(id, recorder, subjects);
    await until("a word on each", () => this.shared.client.counts(recorder).pending === 0);
    return recorder;
  }
}
