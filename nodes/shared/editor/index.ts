/**
 * The forms' shared code, as the global `ContactCenter` for the short scripts in the nodes' html: the editor loads every
 * module of an html file before it runs the scripts in it. A module of a vendor adds what a form does by `addForm`.
 */
import { giveKeys, nameButtons } from "./buttons.js";
import { common, preparePath, valid } from "./definition.js";
import { forgetCredentials } from "./credentials.js";
import { prepareConnectionTest } from "./connection-test.js";
import { prepareChoices, prepareFolds, prepareTexts, saveTexts } from "./fields.js";
import type { EditorNode } from "./red.js";
import { giveCredential, prepareWebhook } from "./webhook.js";

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

/** The open dialog of a node. That of a connection lies above the one of the node that uses it: each touches its own. */
function dialogOf(node: EditorNode): JQuery {
  const { category } = (node["_def"] ?? {}) as { category?: string };
  return $(category === "config" ? "#node-config-dialog-edit-form" : "#dialog-form");
}

/** For `oneditprepare`. */
function prepare(this: EditorNode): void {
  const dialog = dialogOf(this).addClass("cc-form");
  prepareChoices(dialog);
  prepareTexts(this, dialog);
  prepareFolds(this, dialog);
  if (dialog.find(".cc-webhook").length > 0) {
    prepareWebhook(this);
    preparePath(this);
  }
  if (dialog.find("#cc-test").length > 0) prepareConnectionTest(this, dialog);
  forms.get(this.type)?.prepare(this);
  giveKeys(dialog);
  // The editor puts the words of the labels in later.
  window.setTimeout(() => nameButtons(dialog), 0);
}

/** For `oneditsave`. */
function save(this: EditorNode): void {
  saveTexts(this, dialogOf(this));
  forms.get(this.type)?.save?.(this);
}

/** For `onadd` of a webhook. */
function addWebhook(this: EditorNode): void {
  giveCredential(this);
}

Object.assign(window, { ContactCenter: { ...common, valid, prepare, save, addWebhook } });
RED.events.on("deploy", forgetCredentials);
$("<link>", { rel: "stylesheet", href: new URL("form.css", import.meta.url).href }).appendTo("head");
