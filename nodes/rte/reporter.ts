/** What a connection writes into the log: one line when an outage begins, when its reason changes, and when it is over. */
import type { Node, NodeAPI } from "node-red";
import type { Unknown } from "../../lib/rte/client.js";
import type { Reason } from "../../lib/rte/retry.js";
import type { State } from "../../lib/rte/subscriber.js";
import type { CallFault } from "../../lib/rte/calls.js";
import { localize } from "../shared/input.js";
import { logLine, warnOncePerMinute } from "../shared/log.js";

/** What is called when something is worth a line. */
export interface Reporter {
  onUnknown: (unknown: Unknown) => void;
  onState: (state: State) => void;
  onCallFault: (fault: CallFault | undefined) => void;
}

/** Closes a sentence that came from elsewhere. */
function sentence(text: string): string {
  return text.trim().replace(/[^.!?]$/, "$&.");
}

/** Reports to the log of a node. */
export function reporterOf(RED: NodeAPI, node: Node): Reporter {
  let reported: Reason | undefined;
  return {
    onUnknown: ({ kind, what }) => node.warn(logLine(RED._(`rte.warnings.${kind}`, { what }))),
    onCallFault(fault) {
      if (fault === undefined) node.log(RED._("rte.warnings.calls-back"));
      else {
        const why = sentence(fault.message);
        warnOncePerMinute(node, fault.operation, RED._("rte.warnings.calls", { operation: fault.operation, why }));
      }
    },
    onState(state) {
      if (state.word === "disconnected" && state.reason !== reported) {
        reported = state.reason;
        const why = sentence(localize(RED, state.error).message);
        const seconds = (state.retryInMs / 1000).toFixed(1);
        warnOncePerMinute(node, state.reason, RED._("rte.warnings.disconnected", { why, seconds }));
      } else if (state.word === "connected") {
        if (reported !== undefined) node.log(RED._("rte.warnings.back"));
        reported = undefined;
      }
    },
  };
}
