/** What a control message asks of a subscriber. */
import { type ContactCenterError, refused } from "../../lib/core/errors.js";
import { agentKey, sipAddress } from "../../lib/cti/addresses.js";
import { wordsOf } from "../../lib/core/lists.js";
import { plainText, propertiesIgnoringCase } from "../../lib/core/values.js";
import { variablesIn } from "../../lib/core/variables.js";
import { type ReadText, textProblem } from "../shared/variables.js";

/** What can be asked. */
export const ACTIONS = ["subscribe", "unsubscribe", "list"] as const;
/** One of {@link ACTIONS}. */
export type Action = (typeof ACTIONS)[number];

/** An entry of a list that is no address. */
export interface WrongAddress {
  imAddress: string;
  error: ContactCenterError;
}

/** A list of addresses, read: one wrong entry costs that entry alone. */
export interface AddressList {
  /** Each once. */
  addresses: string[];
  wrong: WrongAddress[];
}

/** A control message, read. */
export interface Control {
  action: Action;
  /** Undefined: all that the node is set to, or has. */
  list: AddressList | undefined;
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
    return { action: action as Action, list: undefined };
  const items = Array.isArray(payload) ? payload : [payload];
  // An answer of this node may be sent back as a question: its rows name their addresses.
  const entries = items.flatMap((item: unknown, at) => {
    const entry: unknown = typeof item === "object" ? propertiesIgnoringCase(item).get("imaddress")?.[1] : item;
    const parts: unknown[] = typeof entry === "string" ? wordsOf(entry) : [];
    // A blank entry is one that is wrong.
    return (parts.length > 0 ? parts : [entry]).map((part): [number, unknown] => [at, part]);
  });
  return { action: action as Action, list: readAddresses(entries, action as Action, "payload") };
}

/**
 * The agents of the node's settings.
 * @param setting list of entries: one address each, or several with commas, semicolons, blanks or lines between them, as a variable
 *   may hold them; undefined where nothing was entered
 * @param read puts the variables of an entry in
 * @returns one empty address when there is no entry
 * @throws ContactCenterError `EINVALID` for the field `agents` when it is no list, or has entries, but no address
 */
export function agentList(setting: unknown, read: (entry: string) => ReadText): AddressList {
  const cause = { vendor: "anywhere365", operation: "subscribe", field: "agents" } as const;
  if (!Array.isArray(setting ?? [])) throw refused("cti.errors.agents", cause);
  const entries = (setting ?? []) as unknown[];
  // Nobody who entered something meant everybody.
  if (entries.length === 0) return { addresses: [""], wrong: [] };
  const parts: [at: number, part: unknown][] = [];
  const wrong: WrongAddress[] = [];
  for (const [at, entry] of entries.entries()) {
    if (typeof entry !== "string") {
      parts.push([at, entry]);
      continue;
    }
    const found = read(entry);
    const named = wordsOf(found.text);
    const error = textProblem(found, cause) ?? (named.length === 0 ? blankEntry(entry, at) : undefined);
    if (error) wrong.push({ imAddress: entry, error });
    parts.push(...named.map((part): [number, unknown] => [at, part]));
  }
  if (parts.length === 0 && wrong[0]) throw wrong[0].error;
  const list = readAddresses(parts, "subscribe", "agents");
  return { addresses: list.addresses, wrong: [...list.wrong, ...wrong] };
}

function blankEntry(entry: string, at: number): ContactCenterError {
  const cause = { vendor: "anywhere365", operation: "subscribe", field: "agents" } as const;
  const names = variablesIn(entry);
  return names.length > 0
    ? refused("cti.errors.agents-blank", cause, { names: names.join(", ") })
    : refused("cti.errors.agent-blank", cause, { entry: at + 1 });
}

/** @param entries with their places in the list as it was entered */
function readAddresses(
  entries: readonly (readonly [number, unknown])[],
  operation: string,
  field: string,
): AddressList {
  const addresses = new Map<string, string>();
  const wrong: WrongAddress[] = [];
  for (const [at, entry] of entries) {
    try {
      const address = sipAddress(entry, operation, field);
      if (!addresses.has(agentKey(address))) addresses.set(agentKey(address), address);
    } catch {
      const cause = { vendor: "anywhere365", operation, field } as const;
      const error = refused("cti.errors.address-entry", cause, { entry: at + 1 });
      wrong.push({ imAddress: plainText(entry) ?? "", error });
    }
  }
  if (addresses.size === 0 && wrong[0]) throw wrong[0].error;
  return { addresses: [...addresses.values()], wrong };
}
