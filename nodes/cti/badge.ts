/** A subscriber's badge, and one line of the log when subscriptions fail or work again. */
import type { Node, NodeAPI } from "node-red";
import { type ContactCenterError, REFUSED } from "../../lib/core/errors.js";
import { isUnreachable } from "../../lib/cti/availability.js";
import type { SubscriptionRow } from "../../lib/cti/subscriber.js";
import { localize } from "../shared/input.js";
import { failureWord, setStatus } from "../shared/status.js";

/** What a badge can hold. */
const BADGE_LENGTH = 19;

/** What a badge shows. */
export interface BadgeSource {
  /** The rows now. */
  list: () => SubscriptionRow[];
  /** How many renewals are due and wait. */
  postponed: () => number;
}

/**
 * @returns what to call after each change; calls in one tick are shown once
 */
export function subscriptionBadge(RED: NodeAPI, node: Node, { list, postponed }: BadgeSource): () => void {
  let failing = false;
  let isWrong = false;
  let isDue = false;
  const show = (): void => {
    isDue = false;
    const rows = list();
    const held = rows.filter((row) => row.subscribed).length;
    const failures = rows.filter((row) => !row.subscribed && row.error !== undefined);
    const failed = (failures.find(({ error }) => !isRefused(error)) ?? failures[0])?.error;
    const time = (failed as Partial<ContactCenterError> | undefined)?.params?.["time"] as string | undefined;
    if (time !== undefined) {
      const until = RED._("cti-subscribe.badge.until", { time });
      setStatus(node, "connecting", fitting(`${held} / ${rows.length}`, until, " "));
    } else if (failed !== undefined)
      setStatus(
        node,
        isUnreachable(failed) ? "disconnected" : "error",
        fitting(`${held} / ${rows.length}`, failureWord(RED, failed as Partial<ContactCenterError>), " "),
      );
    else if (held < rows.length) setStatus(node, "connecting", held > 0 ? `${held} / ${rows.length}` : undefined);
    else if (rows.length === 0) setStatus(node, "unconfigured", RED._("cti-subscribe.badge.none"));
    else if (postponed() > 0) setStatus(node, "late", fitting(`${held} / ${rows.length}`, `${postponed()} late`, ", "));
    else setStatus(node, "connected", `${held} / ${rows.length}`);
    // Tries go on with back-off: the log has the beginning and the end of it, not each. A wrong entry is not tried.
    const wrong = rows.filter((row) => !row.subscribed && isRefused(row.error));
    const tried = isRefused(failed) ? undefined : failed;
    const isWhole = held + wrong.length === rows.length;
    if (wrong.length > 0 && !isWrong)
      node.warn(RED._("cti-subscribe.wrong", { detail: localize(RED, wrong[0]?.error).message }));
    isWrong = wrong.length > 0;
    if (tried !== undefined && !failing)
      node.warn(RED._("cti-subscribe.failing", { detail: localize(RED, tried).message }));
    if (isWhole && failing) node.log(RED._("cti-subscribe.healed"));
    if (tried !== undefined || isWhole) failing = tried !== undefined;
  };
  return () => {
    if (!isDue) setImmediate(show);
    isDue = true;
  };
}

/** True for an entry that is wrong. */
function isRefused(error: unknown): boolean {
  return (error as Partial<ContactCenterError> | undefined)?.code === REFUSED;
}

/** How many are subscribed and why not all; the reason alone where both do not fit. */
function fitting(count: string, reason: string, separator: string): string {
  const text = count + separator + reason;
  return text.length <= BADGE_LENGTH ? text : reason;
}
