/** The callback address as the forms show it, and whether a broker can reach it. */
import { type EditorNode, input } from "../../shared/editor/red.js";

/** What keeps a broker from posting to an address; a key of the catalogue. */
export type Unreachable = "none" | "invalid" | "local" | "http";

/**
 * The address that will be registered.
 * @param base the broker's `callbackUrl`; environment variables stay as they are written
 * @param url path of the event node
 * @param auth of the event node; a secret is never shown
 */
export function callbackAddress(base: string, url: string, auth: string): string {
  const path = `/${RED.settings.httpNodeRoot ?? ""}/${url}`.replace(/\/{2,}/g, "/");
  return base.replace(/\/+$/, "") + path + (auth === "secret" ? "/<secret>" : "");
}

/** Undefined when nothing speaks against it, or when only the running flow can tell. */
export function unreachable(address: string): Unreachable | undefined {
  if (address.trim() === "") return "none";
  if (address.includes("${")) return undefined;
  if (!URL.canParse(address)) return "invalid";
  const { protocol, hostname } = new URL(address);
  if (protocol !== "https:" && protocol !== "http:") return "invalid";
  if (/^(localhost|.*\.localhost|127\..*|\[::1\]|0\.0\.0\.0)$/i.test(hostname)) return "local";
  return protocol === "http:" ? "http" : undefined;
}

/** Shows what is wrong with a base address below it. */
export function showReach(node: EditorNode, within: JQuery, base: string): void {
  const why = unreachable(base);
  within
    .find(".cti-reach")
    .toggle(why !== undefined)
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

/** What stands in a field of the open dialog. */
export function entered(setting: string): string {
  return String(input(setting).val() ?? "");
}

$("<style>")
  .text(
    `.cc-form .cti-reach { color: var(--red-ui-text-color-error, #ad1625); }
.cc-form .cti-test { margin-left: 154px; }
.cc-form .cti-test + .cc-hint { margin-top: 6px; }
.cc-form .cti-registered { display: inline-block; width: calc(100% - 160px); max-width: 480px; padding-top: 6px; }
.cc-form textarea#cti-agents { width: calc(100% - 160px); max-width: 480px; box-sizing: border-box; resize: vertical; font-family: var(--red-ui-monospace-font, monospace); font-size: 12px; }
.cc-form .cti-subscribers { display: inline-block; margin: 6px 0 0; padding-left: 16px; max-width: 480px; }
.cc-form .cti-subscribers.cti-empty { list-style: none; padding-left: 0; color: var(--red-ui-secondary-text-color, #777); }`,
  )
  .appendTo("head");
