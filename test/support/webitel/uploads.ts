/** A simulator and a Node-RED with one upload node, which the tests of a `describe` share. */
import type { Report } from "../../../lib/webitel/upload/report.js";
import { startWebitelSimulator, type WebitelSimulator } from "../../../simulators/webitel/simulator.js";
import { NodeRed, type NodeRedOptions } from "../node-red.js";
import { uploadFlow } from "./flow.js";

/** The connection's token, which must not come out anywhere. */
export const SECRET = "very-secret-token-4711";

/** What a Catch node gets. */
interface Caught {
  message: string;
  code: unknown;
  cause: { report?: Report; field?: string };
}

/** A member in the simulator's queue. */
interface QueuedMember {
  name?: string;
  communications: { destination: string }[];
  variables?: Record<string, string>;
  expire_at?: unknown;
}

/** What the tests of an upload work with. */
export class Uploads {
  simulator!: WebitelSimulator;
  red!: NodeRed;

  readonly deploy = (settings: object = {}, token = SECRET): Promise<void> =>
    this.red.deploy(uploadFlow(this.simulator.url, settings, token));

  readonly report = async (): Promise<Report> => (await this.red.message("report"))["payload"] as Report;

  readonly caught = async (): Promise<Caught> => (await this.red.message("caught"))["error"] as never;

  readonly members = (queue = "10"): QueuedMember[] => this.simulator.store.queue(queue)?.members ?? [];

  /**
   * Both run for all tests of the `describe` that calls this; each test begins with empty queues and no messages.
   * @param options of Node-RED
   */
  static ofThisSuite(options: NodeRedOptions = {}): Uploads {
    const uploads = new Uploads();
    before(async () => {
      uploads.simulator = await startWebitelSimulator({ token: SECRET });
      uploads.red = await NodeRed.start(options);
    });
    after(async () => {
      await uploads.red.stop();
      await uploads.simulator.close();
    });
    beforeEach(() => {
      for (const queue of uploads.simulator.store.queues) Object.assign(queue, { members: [], loaded: 0 });
      uploads.simulator.seen.length = 0;
      uploads.red.forget();
    });
    return uploads;
  }
}
