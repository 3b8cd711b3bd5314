/** What a control message asks of a subscriber. */
import { refused } from "../../lib/core/errors.js";
import { agentKey, sipAddress } from "../../lib/cti/addresses.js";
import { propertiesIgnoringCase } from "../../lib/core/values.js";

/** What can be asked. */
export const ACTIONS = ["subscribe", "unsubscribe", "list"] as const;
/** One of {@link ACTIONS}. */
export type Action = (typeof ACTIONS)[number];

/** A control message, read. */
export interface Control {
  action: Action;
  /** Undefined: all that the node is set to, or has. */
  addresses: string[] | undefined;
}

/**
 * Reads a control message.
 * @throws ContactCenterError `EINVALID` for the field `action` or `payload`
 */
export function readControl(message: { action?: unknown; payload?: unknown }): Control {
  const { action, payload } = message;
  if (!ACTIONS.includes(action as Action))
    throw refused(
      "cti.errors.action",
      { vendor: "anywhere365", operation: "subscribe", field: "action" },
      { names: ACTIONS.join(", ") },
    );
  if (action === "list" || payload === undefined || payload === null || payload === "")
    return { action: action as Action, addresses: undefined };
  const items = Array.isArray(payload) ? payload : [payload];
  // An answer of this node may be sent back as a question: its rows name their addresses.
  const addresses = items.map((item: unknown) =>
    sipAddress(
      typeof item === "object" ? propertiesIgnoringCase(item).get("imaddress")?.[1] : item,
      action as Action,
      "payload",
    ),
  );
  return { action: action as Action, addresses: once(addresses) };
}

/**
 * The agents of the node's settings.
 * @returns each once; one empty address when there is none
 * @throws ContactCenterError `EINVALID` for the field `agents`
 */
export function agentList(entries: readonly string[]): string[] {
  const named = entries.filter((entry) => entry.trim() !== "").map((entry) => sipAddress(entry, "subscribe", "agents"));
  return named.length === 0 ? [""] : once(named);
}

function once(addresses: readonly string[]): string[] {
  const keys = addresses.map(agentKey);
  return addresses.filter((_address, at) => keys.indexOf(keys[at] as string) === at);
}
