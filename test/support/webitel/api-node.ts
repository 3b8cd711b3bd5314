/** One node that calls Webitel's API, and the simulator that it calls. */
import { startWebitelSimulator, type WebitelSimulator } from "../../../simulators/webitel/simulator.js";
import { OneNode } from "../one-node.js";
import { connection } from "./flow.js";
import registerWebitel = require("../../../nodes/webitel/webitel.js");

/** An error as a Catch node gives it. */
export interface Failure {
  code: unknown;
  message: string;
  cause: { id?: string; field?: string };
}

/** Registers its own hooks: make it inside of `describe`. */
export class ApiNode {
  simulator!: WebitelSimulator;
  private node: OneNode | undefined;

  /** @param token that the simulator takes, and the node has unless told otherwise */
  constructor(private readonly token: string) {
    before(async () => {
      this.simulator = await startWebitelSimulator({ token });
    });
    after(() => this.simulator.close());
    beforeEach(() => {
      this.simulator.seen.length = 0;
    });
    afterEach(() => this.stop());
  }

  /** Replaces the node. */
  readonly deploy = async (
    type: string,
    settings: object = {},
    token = this.token,
    url = this.simulator.url,
  ): Promise<void> => {
    await this.stop();
    const nodes = [{ type, connection: "webitel", ...settings }, connection(url, token)] as const;
    this.node = await OneNode.start([registerWebitel], ...nodes);
  };

  readonly running = (): OneNode => this.node as OneNode;

  /** The message that comes out. */
  readonly out = (message: object): Promise<Record<string, unknown>> => this.running().run(message);

  /** The error that a message ends in. */
  readonly caught = (message: object): Promise<Failure> => this.running().fail<Failure>(message);

  private async stop(): Promise<void> {
    await this.node?.stop();
    this.node = undefined;
  }
}
