/** A real Node-RED with `cti-subscribe` nodes, and the simulator that they subscribe at. */
import { type CtiSimulator, startCtiSimulator } from "../../simulators/cti/simulator.js";
import { held } from "./cti.js";
import { tab } from "./flow.js";
import { type FlowNode, NodeRed } from "./node-red.js";
import { until } from "./wait.js";

export const CARLA = "sip:carla.meyer@contoso.example";

/** One item of what the node sends. */
export interface Row {
  imAddress: string;
  subscriptionId?: string;
  subscribed: boolean;
  error?: string;
}

/** The rows of a message. */
export function rows(message: Record<string, unknown>): Row[] {
  return message["payload"] as Row[];
}

/** What the tests of a suite work with. */
export class SubscribeTest {
  simulator!: CtiSimulator;
  red!: NodeRed;

  /** Starts both before the suite in which it is called, and ends them after it. */
  constructor() {
    before(async () => {
      [this.simulator, this.red] = await Promise.all([
        startCtiSimulator(),
        NodeRed.start({ env: { CTI_NOTHING: "" } }),
      ]);
    });
    after(async () => {
      await this.red.stop();
      await this.simulator.close();
    });
    beforeEach(() => {
      this.red.forget();
      Object.assign(this.simulator.faults, { slowMs: 0, refuse: 0, lose: 0 });
    });
  }

  /** Waits until the broker has exactly these. */
  readonly holds = (addresses: string[]): Promise<true> =>
    until(
      `exactly ${addresses.join(", ")}`,
      () => JSON.stringify(held(this.simulator)) === JSON.stringify(addresses.toSorted()) || undefined,
    );

  /** Deploys to a broker without subscriptions. @returns the rows once all is settled */
  readonly settle = async (flows: FlowNode[]): Promise<Row[]> => {
    await this.red.deploy([tab()]);
    await this.holds([]);
    this.red.forget();
    this.simulator.requests.length = 0;
    await this.red.deploy(flows);
    return rows(await this.red.message("rows"));
  };

  /** The error that a Catch node got. */
  readonly failure = async (): Promise<{ code: unknown; message: string; cause: { field?: string } }> =>
    (await this.red.message("caught"))["error"] as { code: unknown; message: string; cause: { field?: string } };
}
