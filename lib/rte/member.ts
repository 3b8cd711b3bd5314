/** What a client tells those who use it, and what they may ask of it. */
import type { RteEvent, Subject } from "./events.js";
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

/** What a member may ask. */
export interface Member {
  /**
   * Wishes made by settings, in the place of all that a predecessor on hold had. What becomes of them is told by notices,
   * now or once connected.
   */
  want(subjects: readonly Subject[]): Promise<void>;
  /** Wishes made by a message. While there is no connection the result says `disconnected`, and the wish stays. */
  subscribe(subjects: readonly Subject[]): Promise<Result[]>;
  /** Takes wishes back, all of them unless told which. */
  unsubscribe(subjects?: readonly Subject[]): Promise<Result[]>;
  /** Its subscriptions, with the hub's own word where the hub gives one. */
  list(): Promise<Result[]>;
  /**
   * Names of the events that the hub offers.
   * @throws ContactCenterError `ECLOSED` while there is no connection
   */
  available(): Promise<string[]>;
  /** Leaves; wishes that nobody else has are taken back at the hub. */
  leave(): void;
  /** Its node is deployed anew: wishes stay and events are kept, until a member with the same id joins or the deploy is done. */
  hold(): void;
}

/** Words of ours in {@link Result.message}: the wish stands, but the hub has not been asked. */
const PENDING: ReadonlySet<string | null> = new Set(["disconnected", "inactive"]);

/** Results as notices: first what is subscribed or will be, then what was refused; nothing for an empty list. */
export function noticesOf(results: readonly Result[]): Notice[] {
  const notices: Notice[] = [];
  const subscribed = results.filter((result) => result.subscribed || PENDING.has(result.message));
  const refused = results.filter((result) => !subscribed.includes(result));
  if (subscribed.length > 0) notices.push({ topic: "subscribed", payload: subscribed });
  if (refused.length > 0) notices.push({ topic: "refused", payload: refused });
  return notices;
}
