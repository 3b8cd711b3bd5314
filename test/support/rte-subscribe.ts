/** What the tests of `rte-subscribe` share: a simulator, and a Node-RED whose node `a` is deployed anew for each test. */
import { type RteSimulator, startRteSimulator } from "../../simulators/rte/simulator.js";
import { catchProbe, statusProbe, tab } from "./flow.js";
import { type FlowNode, NodeRed } from "./node-red.js";
import { flowOf, QUEUE_ID } from "./rte.js";

/** A notice of output 2. */
type Seen = Record<string, unknown> & { topic: string; payload: never };

/** Registers its own hooks: make it inside of `describe`. */
export class SubscribeTest {
  simulator!: RteSimulator;
  red!: NodeRed;

  constructor() {
    before(async () => {
      this.simulator = await startRteSimulator({ pingMs: 100 });
      this.red = await NodeRed.start({
        flows: [tab()],
        env: { RTE_QUEUE: QUEUE_ID, RTE_EVENT: "queuecallinarrived", RTE_OFF: "false" },
      });
    });
    after(async () => {
      await this.red?.stop();
      await this.simulator?.close();
    });
    afterEach(() => this.simulator.setFault("none"));
  }

  /** The topics of a node's notices. */
  readonly notices = (id = "a"): string[] => this.red.messages(`${id}-notice`).map(({ topic }) => String(topic));

  /** Waits for a notice. */
  readonly notice = async (topic: string, id = "a"): Promise<Seen> =>
    (await this.red.message(`${id}-notice`, (message) => message["topic"] === topic)) as Seen;

  /** Deploys these nodes in place of all others, with a connection. */
  readonly deploy = async (...nodes: FlowNode[]): Promise<void> => {
    await this.red.deploy([tab()]);
    this.red.forget();
    await this.red.deploy(flowOf(this.simulator, ...nodes, ...catchProbe(), ...statusProbe(["a"])));
  };
}
