/** The setting `active` of a subscriber: whether it subscribes by itself when it starts. */
import type { Node, NodeAPI } from "node-red";
import { refused, type Vendor } from "../../lib/core/errors.js";
import { isBlank, plainText } from "../../lib/core/values.js";
import type { Message } from "./input.js";
import { evaluate } from "./values.js";

/** An environment variable is always text. */
const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  "1": true,
  false: false,
  no: false,
  off: false,
  "0": false,
};

/**
 * Evaluates the typed setting `active`; a blank setting is true.
 * @param vendor for the error
 * @throws ContactCenterError `EINVALID` when it is neither yes nor no, also where it names a variable that is not set. The
 *   node is then inactive: a stand-by copy must never be active by a spelling.
 */
export async function isActive(
  RED: NodeAPI,
  node: Node,
  config: { active?: unknown; activeType?: string },
  vendor: Vendor,
): Promise<boolean> {
  if (isBlank(config.active)) return true;
  const value = await evaluate(
    RED,
    node,
    {} as Message,
    "active",
    { value: config.active, type: config.activeType },
    vendor,
    "subscribe",
  );
  const active = WORDS[plainText(value)?.trim().toLowerCase() ?? ""];
  if (active === undefined) {
    throw refused(
      "shared.errors.active",
      { vendor, operation: "subscribe", field: "active" },
      { value: plainText(value) },
    );
  }
  return active;
}
