/** What a client tells those who use it, and what they may ask of it. */
import type { RteEvent, Subject } from "./event.js";
import type { Reason } from "./retry.js";
import type { Result } from "./subscriptions.js";

/** How the connection is. */
export type State =
  | { word: "connecting" | "connected" }
  | { word: "disconnected"; reason: Reason; error: unknown; retryInMs: number; retryAtMs: number };

/** News that are not events of the contact centre. Times are ISO 8601 with zone. */
export type Notice =
  | { topic: "connected"; payload: Record<string, never> }
  | { topic: "disconnected"; payload: { reason: Reason; retryInMs: number } }
  | { topic: "subscribed" | "refused"; payload: Result[] }
  | { topic: "gap"; payload: { from: string; to: string; durationMs: number; subscriptions: Subject[] } }
  | { topic: "error"; payload: { operation: string; message: string } };

/** One user of a connection. */
export interface Receiver {
  onEvent: (event: RteEvent) => void;
  onNotice: (notice: Notice) => void;
  onState: (state: State) => void;
}

/** Results as notices: first what is subscribed, then what was refused; nothing for an empty list. */
export function noticesOf(results: readonly Result[]): Notice[] {
  const notices: Notice[] = [];
  const subscribed = results.filter((result) => result.subscribed);
  const refused = results.filter((result) => !result.subscribed);
  if (subscribed.length > 0) notices.push({ topic: "subscribed", payload: subscribed });
  if (refused.length > 0) notices.push({ topic: "refused", payload: refused });
  return notices;
}
