/** Which credentials a node has: those of the open dialog, those that wait for a deploy, or those that the runtime keeps. */
import { configInput, entered, input } from "./fields.js";
import type { EditorNode } from "./red.js";

/** What a node has by the name of the credential, or `has_<name>` for one that is not shown. */
type Known = Readonly<Record<string, unknown>>;

/** What the runtime said since the last deploy; undefined until it has answered. */
const answers = new Map<string, Known | undefined>();

/** Forgets them: a deploy may have changed them. */
export const forgetCredentials = (): void => answers.clear();

/** Asks the runtime, as the editor itself does when a dialog opens, and has the node checked again. */
async function ask(node: EditorNode): Promise<void> {
  answers.set(node.id, undefined);
  try {
    // jQuery, because the editor puts the user's login into its requests.
    answers.set(node.id, (await $.getJSON(`credentials/${node.type}/${node.id}`)) as Known);
  } catch {
    // Without the right to read them, they count as there.
    return;
  }
  const users = (node["users"] ?? []) as EditorNode[];
  for (const each of [node, ...users]) RED.editor.validateNode(each);
  RED.view.redraw();
}

/**
 * True where a credential is known to be empty.
 * @param names any of them is enough
 */
export function isCredentialEmpty(node: EditorNode, ...names: string[]): boolean {
  const isEdited = RED.editor.getEditStack().some(({ id }) => id === node.id);
  const { category } = (node["_def"] ?? {}) as { category?: string };
  const fields = names.map(category === "config" ? configInput : input).filter(({ length }) => length > 0);
  if (isEdited && fields.length > 0) return fields.every((field) => entered(field) === "");
  const known = (node["credentials"] as Known | undefined) ?? answers.get(node.id);
  if (known === undefined && !answers.has(node.id)) void ask(node);
  return known !== undefined && names.every((name) => !known[name] && known[`has_${name}`] !== true);
}
