/** The part of a form that all webhook nodes share: address, authentication, networks. */
import { entered, input } from "./fields.js";
import type { EditorNode } from "./red.js";

/** What the editor shows in place of a stored password. */
const STORED = "__PWRD__";

/** The credential of each authentication that can be generated. */
const GENERATED: Record<string, string> = { apikey: "apiKey", secret: "secret" };

/** Fills and wires the shared part. */
export function prepareWebhook(node: EditorNode): void {
  if (!input("apiKeyHeader").val()) input("apiKeyHeader").val("X-Benemen-APIKey");
  const { defaults } = node["_def"] as { defaults: { auth: { value: string } } };
  if (node["auth"] === undefined) input("auth").val(defaults.auth.value).trigger("change");
  const refresh = (): void => {
    const auth = entered(input("auth"));
    const credential = GENERATED[auth];
    // A new webhook is closed, and its credential is ready to be copied.
    if (credential !== undefined && entered(input(credential)) === "") generate(credential);
    $("#cc-webhook-address").text(endpointAddress(window.location.origin, entered(input("url")), auth));
  };
  input("auth").on("change", refresh);
  input("url").on("input change", refresh);
  $(".cc-generate").on("click", (event) => {
    event.preventDefault();
    const credential = String($(event.currentTarget).data("for"));
    generate(credential);
    input(credential).trigger("select");
  });
  $("#cc-webhook-copy").on("click", (event) => {
    event.preventDefault();
    const secret = entered(input("secret"));
    const text = $("#cc-webhook-address").text();
    const isKnown = secret !== "" && secret !== STORED;
    copyAddress(node, isKnown ? text.replace(/<[^>]*>$/, () => encodeURIComponent(secret)) : text);
  });
  refresh();
}

/** Enters a random credential. It is shown in plain text, as it has to be copied and cannot be read again after saving. */
function generate(credential: string): void {
  const made = [...crypto.getRandomValues(new Uint8Array(24))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  input(credential).attr("type", "text").val(made).trigger("change");
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
  void navigator.clipboard.writeText(address).then(() => RED.notify(node._("shared.form.copied"), "success"));
}
