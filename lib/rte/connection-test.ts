/** Trying a connection once, step by step, so that somebody who sets it up sees where it fails. */
import { ContactCenterError } from "./errors.js";
import { type Access, type Step, STEPS } from "./login.js";
import { TIMINGS } from "./client.js";
import { Hub } from "./hub.js";
import { available } from "./hub-calls.js";

/** What became of a trial. No secret is in it. */
export interface Trial {
  /** Steps that worked, in order. */
  done: Step[];
  /** The step that failed, and why. */
  failed?: { step: Step; error: unknown };
  /** How many events the hub offers. */
  events?: number;
}

/**
 * Goes the whole way in and out again.
 * @param signal ends the trial
 */
export async function tryConnection(access: Access, signal: AbortSignal): Promise<Trial> {
  const done: Step[] = [];
  let step: Step | undefined;
  const begin = (next: Step): void => {
    if (step !== undefined) done.push(step);
    step = next;
  };
  let hub: Hub | undefined;
  try {
    const entry = await access(signal, begin);
    begin("negotiate");
    hub = await Hub.open(entry, signal, { onEvent: () => undefined, onStrange: () => undefined }, TIMINGS);
    begin("connect");
    const events = (await available(hub)).length;
    return { done: [...done, "connect"], events };
  } catch (error) {
    const operation = error instanceof ContactCenterError ? error.cause.operation : "";
    // Negotiate and upgrade are one call of the library; its error knows which of the two it was.
    const failed =
      operation === "handshake" ? "connect" : (STEPS.find((each) => each === operation) ?? step ?? "connect");
    if (failed === "connect" && step === "negotiate") done.push("negotiate");
    return { done, failed: { step: failed, error } };
  } finally {
    await hub?.stop();
  }
}
