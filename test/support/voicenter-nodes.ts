/** The Voicenter pair on a real Node-RED. Call within a `describe`. */
import { REQUEST } from "../fixtures/voicenter.js";
import { catchProbe, code, node, probe, tab } from "./flow.js";
import { NodeRed } from "./node-red.js";
import { type Reply, send } from "./webhook.js";

/** What the tests of one file share. */
interface VoicenterNodes {
  red: NodeRed;
  /**
   * Deploys a flow from the in node through a function to the out node.
   * @param settings of the out node
   * @param change code of the function
   * @param inSettings of the in node
   */
  deploy: (settings?: object, change?: string, inSettings?: object) => Promise<void>;
  /** Asks as Voicenter does. */
  call: (body?: unknown) => Promise<Reply>;
  /** The page's request with other data. */
  withData: (data: object) => object;
}

/** One Node-RED for all tests of a file. */
export function voicenterNodes(): VoicenterNodes {
  const nodes = {
    deploy: (settings = {}, change = "", inSettings = {}) =>
      nodes.red.deploy([
        tab(),
        node("in", "voicenter-layer-in", { url: "/layer", auth: "none", deadline: 2000, ...inSettings }, [
          ["seen"],
          [],
        ]),
        probe("seen", [["change"]]),
        code("change", `${change}; return msg;`, [["out"]]),
        node("out", "voicenter-layer-out", settings),
        ...catchProbe(),
      ]),
    call: (body = REQUEST) => send(`${nodes.red.url}/layer`, body),
    withData: (data) => ({ ...REQUEST, DATA: { ...REQUEST.DATA, ...data } }),
  } as VoicenterNodes;
  before(async () => {
    nodes.red = await NodeRed.start({ env: { FALLBACK_LAYER: "66", NOTHING: "" } });
  });
  after(() => nodes.red?.stop());
  beforeEach(() => nodes.red.forget());
  return nodes;
}
