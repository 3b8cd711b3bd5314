/** The part of a form that all webhook nodes share: address, authentication, networks. */
import { entered, input } from "./fields.js";
import type { EditorNode } from "./red.js";

/** What the editor shows in place of a stored password. */
const STORED = "__PWRD__";

/** Fills and wires the shared part. */
export function prepareWebhook(node: EditorNode): void {
  if (!input("apiKeyHeader").val()) input("apiKeyHeader").val("X-Benemen-APIKey");
  const refresh = (): void => {
    const auth = entered(input("auth"));
    $("#cc-webhook-address").text(endpointAddress(window.location.origin, entered(input("url")), auth));
  };
  input("auth").on("change", refresh);
  input("url").on("input change", refresh);
  $("#cc-secret-make").on("click", (event) => {
    event.preventDefault();
    const secret = [...crypto.getRandomValues(new Uint8Array(24))]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join("");
    // Shown once in plain text: it has to be copied to the vendor, and cannot be read again after saving.
    input("secret").attr("type", "text").val(secret).trigger("change").trigger("select");
  });
  $("#cc-webhook-copy").on("click", (event) => {
    event.preventDefault();
    const secret = entered(input("secret"));
    const text = $("#cc-webhook-address").text();
    copyAddress(node, secret === "" || secret === STORED ? text : text.replace(/<[^>]*>$/, secret));
  });
  refresh();
}

/**
 * The address of a webhook node.
 * @param base address of this Node-RED without a path; environment variables stay as they are written
 * @param path of the node
 * @param auth of the node; a secret is never shown
 */
export function endpointAddress(base: string, path: string, auth: string): string {
  const full = `/${RED.settings.httpNodeRoot ?? ""}/${path}`.replace(/\/{2,}/g, "/").replace(/\/$/, "");
  return base.replace(/\/+$/, "") + full + (auth === "secret" ? "/<secret>" : "");
}

/** Puts an address into the clipboard, and says so. */
export function copyAddress(node: EditorNode, address: string): void {
  void navigator.clipboard.writeText(address).then(() => RED.notify(node._("shared.webhook.form.copied"), "success"));
}
