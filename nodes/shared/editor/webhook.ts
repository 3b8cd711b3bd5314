/** The part of a form that all webhook nodes share: address, authentication, networks. */
import { isCredentialEmpty } from "./credentials.js";
import { entered, input } from "./fields.js";
import type { EditorNode } from "./red.js";

/** What the editor shows in place of a stored password. */
const STORED = "__PWRD__";

/** The credential with which a node from the palette starts, by its authentication. */
const GENERATED: Record<string, string> = { apikey: "apiKey", secret: "secret" };

/** The credentials that each authentication needs. */
const NEEDED: Record<string, readonly string[]> = {
  apikey: ["apiKey"],
  basic: ["username", "password"],
  secret: ["secret"],
};

/** Marks each needed credential that is empty, and says what comes of it. */
function showEmptyCredentials(node: EditorNode, auth: string): void {
  for (const name of NEEDED[auth] ?? []) {
    const isEmpty = entered(input(name)) === "";
    const row = input(name).toggleClass("input-error", isEmpty).closest(".form-row");
    row.find(".cc-warning").remove();
    if (isEmpty) $("<div>", { class: "cc-hint cc-warning" }).text(node._("shared.webhook.hint.empty")).appendTo(row);
    showOnce(node, row.find(".cc-once"), entered(input(name)));
  }
}

/** Says below a credential that it has to be copied while it can be read, and offers that. */
function showOnce(node: EditorNode, hint: JQuery, credential: string): void {
  const isStored = credential === STORED;
  hint.text(credential === "" ? "" : node._(`shared.webhook.hint.${isStored ? "stored" : "once"}`));
  if (credential === "" || isStored) return;
  const copy = $("<a>", { href: "#" }).text(node._("shared.form.copy"));
  copy.on("click", (event) => {
    event.preventDefault();
    copyText(node, credential);
  });
  hint.append(" ", copy);
}

/** Whether a webhook has the credentials that its authentication needs, for `defaults.auth`. */
export function hasCredentials(node: EditorNode, auth: unknown): boolean | string {
  const isEmpty = (NEEDED[String(auth)] ?? []).some((name) => isCredentialEmpty(node, name));
  return !isEmpty || node._("shared.webhook.hint.empty");
}

/** Gives a node from the palette its credential: it is closed, and the form shows what is to be copied until it is deployed. */
export function giveCredential(node: EditorNode): void {
  const name = GENERATED[String(node["auth"])];
  // An imported or pasted one, which the editor has marked as changed by now, may have a credential that is known elsewhere.
  if (name !== undefined && node["changed"] === undefined) node["credentials"] = { [name]: generate() };
}

/** Fills and wires the shared part. */
export function prepareWebhook(node: EditorNode): void {
  if (!input("apiKeyHeader").val()) input("apiKeyHeader").val("X-Benemen-APIKey");
  const { defaults } = node["_def"] as { defaults: { auth: { value: string } } };
  if (node["auth"] === undefined) input("auth").val(defaults.auth.value).trigger("change");
  const refresh = (): void => {
    const auth = entered(input("auth"));
    $("#cc-webhook-address").text(endpointAddress(window.location.origin, entered(input("url")), auth));
    showEmptyCredentials(node, auth);
  };
  input("auth").on("change", refresh);
  input("url").on("input change", refresh);
  for (const name of Object.values(NEEDED).flat())
    input(name).on("input change", () => showEmptyCredentials(node, entered(input("auth"))));
  $(".cc-generate").on("click", (event) => {
    event.preventDefault();
    const field = input(String($(event.currentTarget).data("for")));
    showGenerated(field.val(generate()).trigger("change"));
    field.trigger("select");
  });
  $("#cc-webhook-copy").on("click", (event) => {
    event.preventDefault();
    const secret = entered(input("secret"));
    const text = $("#cc-webhook-address").text();
    const isKnown = secret !== "" && secret !== STORED;
    copyText(node, isKnown ? text.replace(/<[^>]*>$/, () => encodeURIComponent(secret)) : text);
  });
  for (const name of Object.values(GENERATED)) showGenerated(input(name));
  refresh();
}

/** A random credential. */
function generate(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Shows a generated credential in plain text, as it has to be copied and cannot be read again after a deploy. */
function showGenerated(field: JQuery): void {
  if (/^[0-9a-f]{48}$/.test(entered(field))) field.attr("type", "text");
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

/** Puts an address or a credential into the clipboard, and says so. */
export function copyText(node: EditorNode, text: string): void {
  void navigator.clipboard.writeText(text).then(() => RED.notify(node._("shared.form.copied"), "success"));
}
