/**
 * The forms' shared code, as the global `ContactCenter` for the short scripts in the nodes' html. A module of a vendor
 * adds the form of a node type by `addForm`; the html calls `ContactCenter.prepare(this)` and `ContactCenter.save(this)`.
 */
import type { EditorNode } from "./red.js";
import { prepareWebhook, saveWebhook } from "./webhook.js";

/** What a form does when its dialog opens and when it is saved. */
export interface Form {
  prepare(node: EditorNode): void;
  save?(node: EditorNode): void;
}

const forms = new Map<string, Form>();

/** Adds the form of a node type. */
export function addForm(type: string, form: Form): void {
  forms.set(type, form);
}

function isConfig(node: EditorNode): boolean {
  return (node["_def"] as { category?: string } | undefined)?.category === "config";
}

const ContactCenter = {
  prepare(node: EditorNode): void {
    // The dialog of a connection lies above that of the node: what is below must not be touched.
    if (!isConfig(node)) {
      $("#dialog-form").addClass("cc-form");
      if ($(".cc-webhook").length > 0) prepareWebhook(node);
    }
    forms.get(node.type)?.prepare(node);
  },
  save(node: EditorNode): void {
    if (!isConfig(node) && $(".cc-webhook").length > 0) saveWebhook(node);
    forms.get(node.type)?.save?.(node);
  },
};

Object.assign(window, { ContactCenter });

const STYLE = `
.cc-form .form-row > label:not(.cc-wide) { width: 150px; vertical-align: top; padding-top: 6px; }
.cc-form .form-row > input:not([type=checkbox]), .cc-form .form-row > select, .cc-form .form-row > .red-ui-typedInput-container { width: calc(100% - 160px) !important; max-width: 480px; box-sizing: border-box; }
.cc-form .form-row > textarea { width: calc(100% - 160px); max-width: 480px; box-sizing: border-box; resize: vertical; }
.cc-form .form-row > input.cc-short { width: 120px !important; }
.cc-form .form-row > input[type=checkbox] { width: auto; margin: 8px 6px 0 0; }
.cc-form .form-row > input[type=checkbox] + span { display: inline-block; max-width: calc(100% - 190px); padding-top: 6px; vertical-align: top; }
.cc-form a { color: var(--red-ui-text-color-link, #08c); }
.cc-form .cc-hint { margin: 3px 0 0 154px; max-width: 480px; font-size: 12px; line-height: 1.45; color: var(--red-ui-secondary-text-color, #777); }
.cc-form .cc-section { margin: 18px 0 10px; padding-bottom: 3px; font-weight: bold; border-bottom: 1px solid var(--red-ui-secondary-border-color, #ddd); color: var(--red-ui-primary-text-color, #444); }
.cc-form .form-row > label.cc-wide { width: auto; }
.cc-form .form-row.cc-inline > input:not([type=checkbox]) { width: calc(100% - 256px) !important; max-width: 384px; }
.cc-form .form-row.cc-inline > button { margin-left: 6px; width: 86px; }
.cc-form .cc-address { word-break: break-all; font-family: var(--red-ui-monospace-font, monospace); font-size: 12px; color: var(--red-ui-primary-text-color, #444); }
.cc-form .cc-preview { margin: 0; padding: 8px 10px; white-space: pre-wrap; word-break: break-word; font-size: 12px; border: 1px solid var(--red-ui-form-input-border-color, #ccc); background: var(--red-ui-secondary-background, #f7f7f7); color: var(--red-ui-primary-text-color, #444); }
.cc-form .cc-preview-wrong { border-color: var(--red-ui-text-color-error, #ad1625); color: var(--red-ui-text-color-error, #ad1625); font-family: inherit; }
.cc-form .cc-item { display: flex; gap: 6px; align-items: flex-start; }
.cc-form .cc-item > .cc-item-wide { flex: 1 1 auto; min-width: 0; }
.cc-form .cc-item > select { flex: 0 0 auto; width: 120px; }
`;
$("<style>").text(STYLE).appendTo("head");
