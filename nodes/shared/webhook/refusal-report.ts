/** Says on badge and log that requests are refused: whoever waits for calls that somebody turned away at the door has to see why. */
import type { Node, NodeAPI } from "node-red";
import { warnOncePerMinute } from "../log.js";
import { setStatus, statusOf } from "../status.js";

/** What was refused, and why. */
export interface Refused {
  /** A key of the sentences under `shared.webhook.refusal`. */
  why: string;
  /** The HTTP status of the answer. */
  status: number;
  /** The address that it came from. */
  ip(): string;
}

/** The report of one endpoint. */
export interface RefusalReport {
  refused(request: Refused): void;
  /** A request was let in: the badge is what it was before. */
  accepted(): void;
}

/** @param showReady paints the badge as it is between two calls */
export function refusalReport(RED: NodeAPI, node: Node, showReady: () => void): RefusalReport {
  let painted: string | undefined;
  return {
    refused(request) {
      const { why, status } = request;
      const line = (): string =>
        RED._("shared.webhook.warning.refused", {
          status,
          ip: request.ip(),
          detail: RED._(`shared.webhook.refusal.${why}`),
        });
      // As often as the log has it: strangers who ask all the time must not keep the editor busy.
      if (!warnOncePerMinute(node, `refused ${why}`, line)) return;
      const before = statusOf(node);
      // A setting that is wrong, and a call that failed, matter more.
      if (before?.word === "error") return;
      painted = RED._("shared.webhook.badge.refused", { status, time: new Date().toTimeString().slice(0, 8) });
      setStatus(node, "warning", painted);
    },
    accepted() {
      if (painted === undefined) return;
      const isStillShown = statusOf(node)?.text === painted;
      painted = undefined;
      if (isStillShown) showReady();
    },
  };
}
