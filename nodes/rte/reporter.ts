/** What a connection writes into the log: one line when an outage begins, when its reason changes, and when it is over. */
import type { Node, NodeAPI } from "node-red";
import type { Unknown } from "../../lib/rte/unknown.js";
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

/** Reports to the log of a node. What was said within the last minute is not said again, and nor is its end. */
export function reporterOf(RED: NodeAPI, node: Node): Reporter {
  /** What the log says that is wrong. */
  let outage: Reason | undefined;
  let isFailing = false;
  return {
    onUnknown: ({ kind, what }) => node.warn(logLine(RED._(`rte.warnings.${kind}`, { what }))),
    onCallFault(fault) {
      if (fault !== undefined) {
        const text = RED._("rte.warnings.calls", { operation: fault.operation, why: sentence(fault.message) });
        isFailing = warnOncePerMinute(node, fault.operation, text) || isFailing;
      } else {
        if (isFailing) node.log(RED._("rte.warnings.calls-back"));
        isFailing = false;
      }
    },
    onState(state) {
      if (state.word === "disconnected" && state.reason !== outage) {
        const text = (): string => {
          const why = sentence(localize(RED, state.error).message);
          return RED._("rte.warnings.disconnected", { why, seconds: (state.retryInMs / 1000).toFixed(1) });
        };
        // An outage that lasts is said with a later try.
        if (warnOncePerMinute(node, state.reason, text)) outage = state.reason;
      } else if (state.word === "connected") {
        if (outage !== undefined) node.log(RED._("rte.warnings.back"));
        outage = undefined;
      }
    },
  };
}
