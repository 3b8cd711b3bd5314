/** A subscriber's badge, and one line of the log when a subscription fails or works again. */
import type { Node, NodeAPI } from "node-red";
import { isDown } from "../../lib/cti/client.js";
import type { SubscriptionRow } from "../../lib/cti/subscriptions.js";
import { localize } from "../shared/input.js";
import { setStatus } from "../shared/status.js";
import { codeOf } from "./connection.js";

/**
 * @param list the rows now
 * @returns what to call after each change
 */
export function subscriptionBadge(RED: NodeAPI, node: Node, list: () => SubscriptionRow[]): () => void {
  let failing = false;
  return () => {
    const rows = list();
    const held = rows.filter((row) => row.subscribed).length;
    const failed = rows.find((row) => row.error !== undefined)?.error;
    if (failed !== undefined) {
      setStatus(node, isDown(failed) ? "disconnected" : "error", `${held} / ${rows.length} ${codeOf(failed)}`);
    } else if (held < rows.length) setStatus(node, "connecting");
    else if (rows.length === 0) setStatus(node, "unconfigured", RED._("cti-subscribe.badge.none"));
    else setStatus(node, "connected", `${held} / ${rows.length}`);
    // Tries go on with back-off: the log has the beginning and the end of it, not each.
    if (failed !== undefined && !failing)
      node.warn(RED._("cti-subscribe.failing", { detail: localize(RED, failed).message }));
    if (failed === undefined && held === rows.length && failing) node.log(RED._("cti-subscribe.healed"));
    if (failed !== undefined || held === rows.length) failing = failed !== undefined;
  };
}
