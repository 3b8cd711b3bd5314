/** The form of `cti-subscribe`: where events go, shown as it will be registered, and for which agents. */
import { addForm } from "../../shared/editor/index.js";
import { entered, input, SWITCH_TYPES, typedInput } from "../../shared/editor/fields.js";
import type { EditorNode } from "../../shared/editor/red.js";
import { copyText, endpointAddress } from "../../shared/editor/webhook.js";
import { callbackBase, showReach, textSetting } from "./callback.js";

addForm("cti-subscribe", {
  prepare(node) {
    offerEventNodes(node);
    typedInput(node, "active", SWITCH_TYPES);
    const refresh = (): void => show(node);
    for (const setting of ["broker", "eventNode", "callback"]) input(setting).on("input change", refresh);
    $("#cc-copy").on("click", (event) => {
      event.preventDefault();
      copyText(node, $("#cc-address").text());
    });
    refresh();
  },
});

function offerEventNodes(node: EditorNode): void {
  const choice = input("eventNode");
  const options: [string, string][] = [];
  RED.nodes.eachNode((other) => {
    if (other.type === "cti-event-in")
      options.push([
        other.id,
        [textSetting(other, "name"), textSetting(other, "url")].filter(Boolean).join("  ") || other.id,
      ]);
  });
  for (const [id, label] of options) $("<option>").val(id).text(label).appendTo(choice);
  $("<option>").val("").text(node._("cti-subscribe.choice.eventNode.none")).appendTo(choice);
  const saved = textSetting(node, "eventNode");
  // A new node has no address either: the first event node is the likely wish.
  const likely = node["callback"] ? "" : (options[0]?.[0] ?? "");
  choice.val(options.some(([id]) => id === saved) ? saved : likely);
}

function show(node: EditorNode): void {
  const events = RED.nodes.node(entered(input("eventNode")));
  $(".cc-callback").toggle(!events);
  const base = events ? callbackBase(entered(input("broker"))) : entered(input("callback"));
  const address = events ? endpointAddress(base, textSetting(events, "url"), textSetting(events, "auth")) : base;
  $("#cc-address").text(base === "" ? node._("cti-subscribe.empty.address") : address);
  $("#cc-copy").toggle(base !== "");
  // Without a broker there is no address yet that could be wrong.
  const isKnown = events ? RED.nodes.node(entered(input("broker"))) : base !== "";
  $(".cc-reach").hide();
  if (isKnown) showReach(node, $("#dialog-form"), base, Boolean(events));
}
