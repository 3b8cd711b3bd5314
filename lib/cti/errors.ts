/** The errors of the Anywhere365 CTI Broker, with their English sentences. */
import { STEADY } from "../core/clock.js";
import { addSentences, ContactCenterError } from "../core/errors.js";
import sentences from "./locales/en-US.json";

addSentences(sentences);

export { CLOSED, ContactCenterError, type ErrorCause, refused } from "../core/errors.js";

/** How long the broker asked to wait, milliseconds; 0 where it did not. */
export function retryAfterMsOf(error: unknown): number {
  return Number((error as ContactCenterError).cause?.["retryAfterMs"] ?? 0);
}

/** Requests wait for the limit. @param until Unix milliseconds */
export function limited(until: number): ContactCenterError {
  const time = new Date(STEADY.toClock(until)).toTimeString().slice(0, 8);
  return new ContactCenterError(
    "ELIMIT",
    "cti.errors.limit",
    { vendor: "anywhere365", operation: "subscribe", sent: false },
    { time },
  );
}
