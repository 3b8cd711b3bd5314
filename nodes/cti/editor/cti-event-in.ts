/** The form of `cti-event-in`: the shared webhook part, the address as the broker will call it, and who uses it. */
import { addForm } from "../../shared/editor/index.js";
import { entered, input } from "../../shared/editor/fields.js";
import type { EditorNode } from "../../shared/editor/red.js";
import { endpointAddress } from "../../shared/editor/webhook.js";
import { callbackBase, showReach, textSetting } from "./callback.js";

addForm("cti-event-in", {
  prepare(node) {
    const users = subscribers(node);
    input("secret").siblings(".cc-once").remove();
    // Not the warning of an empty secret, which the form has put there by now.
    const hint = input("secret").siblings(".cc-hint[data-i18n]");
    hint.attr("data-i18n", (_, key) => key.replace("shared.webhook", "cti-event-in"));
    listSubscribers(node, users);
    const refresh = (): void => {
      const chosen = entered(input("broker"));
      const broker = RED.nodes.node(chosen) ? chosen : textSetting(users[0], "broker");
      const base = callbackBase(broker);
      // Behind the shared part, which shows the address of this browser.
      if (base !== "")
        $("#cc-webhook-address").text(endpointAddress(base, entered(input("url")), entered(input("auth"))));
      showReach(node, $("#dialog-form"), RED.nodes.node(broker) ? base : window.location.origin);
    };
    input("url").on("input change", refresh);
    for (const setting of ["auth", "broker"]) input(setting).on("change", refresh);
    refresh();
  },
});

function subscribers(node: EditorNode): EditorNode[] {
  const users: EditorNode[] = [];
  RED.nodes.eachNode((other) => {
    if (other.type === "cti-subscribe" && other["eventNode"] === node.id) users.push(other);
  });
  return users;
}

function listSubscribers(node: EditorNode, users: readonly EditorNode[]): void {
  const list = $("#cc-subscribers").toggleClass("cc-empty", users.length === 0);
  if (users.length === 0) $("<li>").text(node._("cti-event-in.empty.subscribers")).appendTo(list);
  for (const user of users) {
    const agents = Array.isArray(user["agents"]) ? user["agents"].join(", ") : "";
    const name = textSetting(user, "name") || "CTI subscribe";
    $("<li>")
      .text(agents === "" ? name : `${name}: ${agents}`)
      .appendTo(list);
  }
}
