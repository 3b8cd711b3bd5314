/** Whether a broker can reach the callback address that a form shows. */
import type { EditorNode } from "../../shared/editor/red.js";

/** What keeps a broker from posting to an address; a key of the catalogue. */
type Unreachable = "none" | "mark" | "invalid" | "local" | "http";

/**
 * Undefined when nothing speaks against it, or when only the running flow can tell.
 * @param isBase true where the path of an event node is added to it
 */
export function unreachable(address: string, isBase: boolean): Unreachable | undefined {
  if (address.trim() === "") return "none";
  if (isBase && /[?#]/.test(address)) return "mark";
  if (address.includes("${")) return undefined;
  if (!URL.canParse(address)) return "invalid";
  const { protocol, hostname } = new URL(address);
  if (protocol !== "https:" && protocol !== "http:") return "invalid";
  if (/^(localhost|.*\.localhost|127\..*|\[::1\]|0\.0\.0\.0)$/i.test(hostname)) return "local";
  return protocol === "http:" ? "http" : undefined;
}

/** Shows what is wrong with an address below it. Parameters as in {@link unreachable}. */
export function showReach(node: EditorNode, within: JQuery, address: string, isBase = true): void {
  const why = unreachable(address, isBase);
  within
    .find(".cc-reach")
    .toggle(why !== undefined)
    .toggleClass("cc-warning", why !== "local")
    .text(why ? `⚠ ${node._(`cti.reach.${why}`)}` : "");
}

/** A text setting of another node; empty when the node or the setting is missing. */
export function textSetting(node: EditorNode | null | undefined, name: string): string {
  const value = node?.[name];
  return typeof value === "string" ? value : "";
}

/** The `callbackUrl` of a broker node; empty when there is none. */
export function callbackBase(broker: string): string {
  return textSetting(RED.nodes.node(broker), "callbackUrl");
}
