/** The live preview of what a node will send, made with the code that will make it. */
import { type ContactCenterError, placeholders } from "../../../lib/core/errors.js";
import type { EditorNode } from "./red.js";

/** An error of `lib`, as far as a form needs it: key and values of a sentence. */
type SpokenError = Pick<ContactCenterError, "key" | "params" | "cause">;

/**
 * Keeps a preview up to date with the form.
 * @param node the node that is edited
 * @param target where the preview goes
 * @param make reads the form and gives a JSON value, a sentence, or throws an error of `lib`
 */
export function livePreview(node: EditorNode, target: JQuery, make: () => unknown): void {
  const box = $("<pre>", { class: "cc-preview", role: "status", "aria-live": "polite" }).appendTo(target.empty());
  const refresh = (): void => {
    try {
      const made = make();
      box.removeClass("cc-preview-wrong").text(typeof made === "string" ? made : JSON.stringify(made, null, 2));
    } catch (error) {
      if (!isSpoken(error)) throw error;
      box.addClass("cc-preview-wrong").text(node._(error.key, placeholders(error)));
    }
  };
  // Widgets of the editor announce changes by jQuery events only, and after they happened.
  $("#dialog-form").on("change keyup input sortupdate cc-change", () => window.setTimeout(refresh, 0));
  refresh();
}

function isSpoken(error: unknown): error is SpokenError {
  return typeof (error as SpokenError | undefined)?.key === "string";
}
