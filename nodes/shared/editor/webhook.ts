/** The part of a form that all webhook nodes share: address, authentication, networks. */
import { joinList, splitList } from "./lines.js";
import { type EditorNode, input } from "./red.js";

const LISTS = ["networks", "proxies"] as const;

/** Which rows belong to which way of authentication. */
const ROWS_OF_AUTH: Record<string, string> = {
  apikey: ".cc-auth-apikey",
  basic: ".cc-auth-basic",
  secret: ".cc-auth-secret",
  none: ".cc-auth-none",
};

/** Fills and wires the shared part. */
export function prepareWebhook(node: EditorNode): void {
  for (const list of LISTS) $(`#cc-${list}`).val(joinList(node[list]));
  if (!input("auth").val()) input("auth").val("none");
  if (!input("apiKeyHeader").val()) input("apiKeyHeader").val("X-Benemen-APIKey");
  const refresh = (): void => {
    const auth = String(input("auth").val());
    for (const [name, rows] of Object.entries(ROWS_OF_AUTH)) $(rows).toggle(name === auth);
    $("#cc-webhook-address").text(webhookAddress(auth));
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
    const secret = String(input("secret").val() ?? "");
    const text = $("#cc-webhook-address").text();
    void navigator.clipboard
      .writeText(secret === "" || secret === "__PWRD__" ? text : text.replace(/<[^>]*>$/, secret))
      .then(() => RED.notify(node._("shared.webhook.form.copied"), "success"));
  });
  refresh();
}

/** Saves what has no input of its own name. */
export function saveWebhook(node: EditorNode): void {
  for (const list of LISTS) node[list] = splitList(String($(`#cc-${list}`).val() ?? ""));
}

/** Where the vendor's requests go, as this browser sees it. */
function webhookAddress(auth: string): string {
  const url = String(input("url").val() ?? "").replace(/^\/+/, "");
  const path = `/${RED.settings.httpNodeRoot ?? ""}/${url}`.replace(/\/{2,}/g, "/");
  return `${window.location.origin}${path.replace(/\/$/, "")}${auth === "secret" ? "/<secret>" : ""}`;
}
