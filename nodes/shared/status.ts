/** The badge of a node: one vocabulary, painted in one place. */
import type { Node, NodeAPI, NodeStatus } from "node-red";
import type { ContactCenterError } from "../../lib/core/errors.js";

/**
 * The words. A ring means not ready, a dot ready. The first three are core's own and are translated by the editor;
 * the others are keys at the top of every node's catalogue, so the editor translates them too.
 */
const VOCABULARY = {
  connected: { fill: "green", shape: "dot", text: "node-red:common.status.connected" },
  connecting: { fill: "yellow", shape: "ring", text: "node-red:common.status.connecting" },
  disconnected: { fill: "red", shape: "ring", text: "node-red:common.status.disconnected" },
  working: { fill: "blue", shape: "dot", text: "working" },
  waiting: { fill: "green", shape: "dot", text: "waiting" },
  open: { fill: "yellow", shape: "dot", text: "open" },
  late: { fill: "yellow", shape: "dot", text: "late" },
  warning: { fill: "yellow", shape: "dot", text: "warning" },
  unconfigured: { fill: "grey", shape: "ring", text: "unconfigured" },
  error: { fill: "red", shape: "ring", text: "error" },
} as const satisfies Record<string, NodeStatus>;

/** Characters of a badge's text; more are cut. */
export const LONGEST_BADGE = 19;

/** A word of the vocabulary. */
export type StatusWord = keyof typeof VOCABULARY;

const shown = new WeakMap<Node, NodeStatus & { word: StatusWord }>();

/**
 * Paints the badge; a badge that already says so is left alone.
 * @param node whose badge
 * @param word colour and shape, and the text unless another is given
 * @param text a fact instead of the word, under 20 characters, such as `12,400 / 50,000` or `401, next 12:30:05`
 */
export function setStatus(node: Node, word: StatusWord, text?: string): void {
  const before = shown.get(node);
  const said = text?.slice(0, LONGEST_BADGE) ?? VOCABULARY[word].text;
  if (before?.word === word && before.text === said) return;
  const face = { ...VOCABULARY[word], text: said, word };
  shown.set(node, face);
  if (before) show(node);
  // While a flow is being made its Status nodes hear nothing yet, and what is wrong from the start is worth hearing.
  else setImmediate(() => show(node));
}

/** What the badge says: its word, and the text that is painted. Undefined before the first. */
export function statusOf(node: Node): { readonly word: StatusWord; readonly text?: string | undefined } | undefined {
  return shown.get(node);
}

function show(node: Node): void {
  const face = shown.get(node);
  if (face) node.status({ fill: face.fill, shape: face.shape, text: face.text });
}

/** What a badge reads of an error. */
type Failure = Partial<Pick<ContactCenterError, "code" | "key">>;

/** The HTTP status of an error, or a word for its code, of nine characters at most: a time may follow. TLS has many codes. */
export function failureWord(RED: NodeAPI, { code, key: sentence }: Failure): string {
  if (typeof code === "number") return String(code);
  const key = `shared.badge.${sentence?.endsWith(".network.tls") ? "TLS" : String(code)}`;
  const word = RED._(key);
  return word === key ? RED._("shared.badge.other") : word;
}

/** Takes away what the editor remembers of the node that had this id before: it is not true of this one. */
export function resetStatus(node: Node): void {
  node.status({});
}

/** Takes the badge away. */
export function clearStatus(node: Node): void {
  if (shown.delete(node)) node.status({});
}
