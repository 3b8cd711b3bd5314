/** The gate of a subscriber: whether it subscribes by itself when it starts. */
import type { Node, NodeAPI } from "node-red";
import { refused } from "../../lib/core/errors.js";
import { plainText } from "../../lib/core/text.js";
import type { Message } from "../shared/input.js";
import { evaluate } from "../shared/values.js";

/** Words of environment variables that mean yes or no. */
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
 * Evaluates the typed setting `active`; a blank one is true.
 * @throws ContactCenterError `EINVALID` when it is neither yes nor no
 */
export async function isActive(
  RED: NodeAPI,
  node: Node,
  config: { active?: unknown; activeType?: string },
): Promise<boolean> {
  const value = await evaluate(
    RED,
    node,
    {} as Message,
    "active",
    { value: config.active, type: config.activeType },
    "anywhere365",
  );
  if (value === undefined || value === "") return true;
  const active = WORDS[plainText(value)?.trim().toLowerCase() ?? ""];
  if (active === undefined)
    throw refused("cti.errors.active", { vendor: "anywhere365", operation: "subscribe", field: "active" });
  return active;
}
