/** The form of `cti-subscribe`: where events go, shown as it will be registered, and for which agents. */
import { addForm } from "../../shared/editor/index.js";
import { joinList, splitList } from "../../shared/editor/lines.js";
import { type EditorNode, input } from "../../shared/editor/red.js";
import { typedInput } from "../../shared/editor/typed.js";
import { callbackAddress, callbackBase, entered, showReach, textSetting } from "./callback.js";

addForm("cti-subscribe", {
  prepare(node) {
    offerEventNodes(node);
    $("#cti-agents").val(joinList(node["agents"]).replaceAll(", ", "\n"));
    typedInput(node, "active", ["bool", "env", "flow", "global", "jsonata"]);
    const refresh = (): void => show(node);
    for (const setting of ["broker", "eventNode", "callback"]) input(setting).on("input change", refresh);
    $("#cti-copy").on("click", (event) => {
      event.preventDefault();
      void navigator.clipboard
        .writeText($("#cti-address").text())
        .then(() => RED.notify(node._("cti.form.copied"), "success"));
    });
    refresh();
  },
  save(node) {
    node["agents"] = splitList(String($("#cti-agents").val() ?? ""));
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
  $("<option>").val("").text(node._("cti-subscribe.form.eventNode-none")).appendTo(choice);
  const saved = textSetting(node, "eventNode");
  // A new node has no address either: the first event node is the likely wish.
  const likely = node["callback"] ? "" : (options[0]?.[0] ?? "");
  choice.val(options.some(([id]) => id === saved) ? saved : likely);
}

function show(node: EditorNode): void {
  const events = RED.nodes.node(entered("eventNode"));
  $(".cti-callback").toggle(!events);
  const base = events ? callbackBase(entered("broker")) : entered("callback");
  const address = events ? callbackAddress(base, textSetting(events, "url"), textSetting(events, "auth")) : base;
  $("#cti-address").text(base === "" ? node._("cti-subscribe.form.address-unknown") : address);
  $("#cti-copy").toggle(base !== "");
  showReach(node, $("#dialog-form"), base);
}
