/** What can go wrong on demand. */

/** A fault that lasts until it is lifted. */
export const FAULTS = {
  none: "works",
  unauthorized: "every token is refused (401)",
  forbidden: "every token is refused (403)",
  "hang-negotiate": "negotiate is never answered",
  "hang-upgrade": "the WebSocket upgrade is never answered",
  "hang-handshake": "the SignalR handshake is never answered",
  "hang-calls": "hub methods are never answered",
  "refuse-calls": "hub methods end with an error",
  "fail-twice": "the next two hub methods end with an error, then all work",
  "one-bad-item": "a call fails as a whole when one entity in it is no GUID",
  "ten-items": "a call with more than ten items ends with an error",
  "no-answers": "hub methods are done, and complete without a result",
  "keep-subscribed": "Unsubscribe and UnsubscribeAll are answered, and not done",
  "pascal-case": "events and answers have names in Pascal case",
  "sticky-cookie": "negotiate sets a cookie, and the upgrade is 404 without it",
  redirect: "negotiate sends clients to another address with another token",
  "broken-rest": "the REST chain answers 500",
  silent: "sockets stay open and say nothing, not even ping",
} as const;
/** One of {@link FAULTS}. */
export type Fault = keyof typeof FAULTS;

/** True for a name of the table. */
export function isFault(name: unknown): name is Fault {
  return typeof name === "string" && Object.hasOwn(FAULTS, name);
}
