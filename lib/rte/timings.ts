/** How long the client of Enreach RTE waits for what. */

/** Times of one connection, in milliseconds. */
export interface HubTimings {
  negotiateMs: number;
  /** Upgrade and SignalR handshake together. */
  handshakeMs: number;
  /** A hub says something at least every 15 s; after this long it counts as gone. */
  silenceMs: number;
  /** For the answer to a question or an `Unsubscribe`; the connection goes on without it. */
  questionMs: number;
  /** For the answer to a `Subscribe` on a connection that serves something; then it is sent again, and both may be answered. */
  subscribeMs: number;
  /** Between two looks at whether everything was read. */
  drainMs: number;
}

/** Times of a client, in milliseconds. */
export interface ClientTimings extends HubTimings {
  /** For a call on a connection on which the hub serves nothing; one that serves something is never ended for it. */
  callMs: number;
  /** For which a subscription rests at first that ends the connection by itself; each time twice as long. */
  restMs: number;
  /** From the connection on, before a subscription is tried again that has rested: the others are served meanwhile. */
  settleMs: number;
  /** Between two times that messages have the hub asked again about a subscription that it has answered. */
  againMs: number;
}

/** The times that are used unless a client is made with others. */
export const TIMINGS: ClientTimings = {
  negotiateMs: 10_000,
  handshakeMs: 10_000,
  silenceMs: 35_000,
  questionMs: 10_000,
  subscribeMs: 30_000,
  callMs: 60_000,
  restMs: 15_000,
  settleMs: 5000,
  againMs: 30_000,
  drainMs: 200,
};
