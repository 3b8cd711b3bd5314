/** What badge and log say of an endpoint: what is wrong with its settings, and what deserves a warning. */
import type { Node, NodeAPI } from "node-red";
import { onDeployEnd } from "../deploys.js";
import { LONGEST_BADGE, setStatus, type StatusWord } from "../status.js";
import type { WebhookSettings } from "./config.js";
import type { Claim, ClaimedPath, ClaimFault } from "./claim.js";

/** How an endpoint stands. */
export interface Readiness {
  /** Paints the badge as it is between two calls; does nothing where a setting is wrong, which the badge says instead. */
  show(): void;
  /** False where a setting is wrong. */
  readonly isReady: boolean;
  close(): void;
}

/** What became of the path: claimed, or why not. */
export type PathState =
  { claimed: ClaimedPath } | { fault: "no-http" | "path" } | ClaimFault | { unusablePart: string };

/** Says once what is wrong, and at the end of each deploy whether another node serves the same path. */
export function showReadiness(
  RED: NodeAPI,
  node: Node,
  method: string,
  settings: WebhookSettings,
  path: PathState,
): Readiness {
  const problem = problemOf(settings, path);
  const names = problem === "malformed" || problem === "unfinished" ? settings[problem] : settings.unset;
  const params = {
    path: `/${settings.path}`,
    part: "unusablePart" in path ? path.unusablePart : "",
    root: "root" in path ? path.root : "",
    method,
    auth: settings.auth,
    header: settings.apiKeyHeader,
    entries: settings.wrong.map((entry) => entry || RED._("shared.webhook.empty-entry")).join(", "),
    names: names.join(", "),
  };
  if (problem) {
    const owner = "owner" in path ? path.owner : undefined;
    const badge = owner && badgeOf(RED, owner);
    const first = names[0] ?? "";
    setStatus(node, "error", badge ?? RED._(`shared.webhook.badge.${problem}`, { ...params, names: first }));
    const { id = "", label = "", flow = "" } = owner ?? {};
    const other = `"${label}" (${id})`;
    node.error(RED._(`shared.webhook.problem.${problem}`, { ...params, other, flow }));
    return { show: () => undefined, isReady: false, close: () => undefined };
  }
  const second = { ...params, names: settings.unsetSecond.join(", ") };
  let ready: { word: StatusWord; text?: string } = {
    word: settings.auth === "none" && settings.networks.any ? "open" : "waiting",
  };
  if (settings.unsetSecond.length > 0) {
    ready = { word: "warning", text: RED._("shared.webhook.badge.second", second) };
    node.warn(RED._("shared.webhook.warning.second", second));
  }
  const alone = ready;
  const show = (): void => setStatus(node, ready.word, ready.text);
  show();
  // The other node may be made before or after this one, and go with a later deploy.
  const stop = onDeployEnd(RED, () => {
    const before = ready;
    const isServedTwice = "claimed" in path && path.claimed.isServedTwice();
    ready = isServedTwice ? { word: "warning", text: RED._("shared.webhook.badge.shadowed") } : alone;
    if (isServedTwice === (before !== alone)) return;
    show();
    if (isServedTwice) node.warn(RED._("shared.webhook.warning.shadowed", params));
  });
  return { show, isReady: true, close: stop };
}

/** Names the node that has the path, or its tab: whichever has room as a whole. A path is no name: both nodes have it. */
function badgeOf(RED: NodeAPI, { name, flow }: Claim["owner"]): string | undefined {
  const node = name && RED._("shared.webhook.badge.taken-by", { name });
  const tab = flow && RED._("shared.webhook.badge.taken-on", { flow });
  return [node, tab].find((badge) => badge !== "" && badge.length <= LONGEST_BADGE);
}

type Problem =
  | "no-http"
  | "path"
  | "unusable"
  | ClaimFault["fault"]
  | "malformed"
  | "unfinished"
  | "unset"
  | "dotted"
  | "header"
  | "credential"
  | "network";

function problemOf(settings: WebhookSettings, path: PathState): Problem | undefined {
  if ("fault" in path && path.fault === "no-http") return path.fault;
  if (settings.malformed.length > 0) return "malformed";
  if (settings.unfinished.length > 0) return "unfinished";
  if (settings.unset.length > 0) return "unset";
  if (settings.dotted.length > 0) return "dotted";
  if ("fault" in path) return path.fault;
  if ("unusablePart" in path) return "unusable";
  if (!settings.hasHeader) return "header";
  if (!settings.check) return "credential";
  return settings.wrong.length > 0 ? "network" : undefined;
}
