/** A subscriber's badge, and one line of the log when a subscription fails or works again. */
import type { Node, NodeAPI } from "node-red";
import { isDown } from "../../lib/cti/client.js";
import type { SubscriptionRow } from "../../lib/cti/subscriptions.js";
import { speak } from "../shared/input.js";
import { paint } from "../shared/status.js";
import { codeOf } from "./broker.js";

/**
 * @param list the rows now
 * @returns what to call after each change
 */
export function watch(RED: NodeAPI, node: Node, list: () => SubscriptionRow[]): () => void {
  let failing = false;
  return () => {
    const rows = list();
    const held = rows.filter((row) => row.subscribed).length;
    const failed = rows.find((row) => row.error !== undefined)?.error;
    if (failed !== undefined) {
      paint(node, isDown(failed) ? "disconnected" : "error", `${held} / ${rows.length} ${codeOf(failed)}`);
    } else if (held < rows.length) paint(node, "connecting");
    else if (rows.length === 0) paint(node, "unconfigured", RED._("cti-subscribe.badge.none"));
    else paint(node, "connected", `${held} / ${rows.length}`);
    // Tries go on with back-off: the log has the beginning and the end of it, not each.
    if (failed !== undefined && !failing)
      node.warn(RED._("cti-subscribe.failing", { detail: speak(RED, failed).message }));
    if (failed === undefined && held === rows.length && failing) node.log(RED._("cti-subscribe.healed"));
    if (failed !== undefined || held === rows.length) failing = failed !== undefined;
  };
}
