/** Tries a connection once, step by step, so that somebody who sets it up sees where it fails. */
import { ContactCenterError } from "./errors.js";
import { TIMINGS } from "./timings.js";
import { Hub } from "./hub.js";
import { type Login, type Step, STEPS } from "./login.js";

/** What a test found. No secret is in it. */
export interface ConnectionTestResult {
  /** Steps that worked, in order. */
  done: Step[];
  /** The step that failed, and why. */
  failed?: { step: Step; error: unknown };
  /** How many events the hub offers. */
  events?: number;
}

/**
 * Goes the whole way to the hub and out again.
 * @param signal ends the test
 */
export async function testConnection(login: Login, signal: AbortSignal): Promise<ConnectionTestResult> {
  const done: Step[] = [];
  let step: Step | undefined;
  const begin = (next: Step): void => {
    if (step !== undefined) done.push(step);
    step = next;
  };
  const nobody = (): void => undefined;
  let hub: Hub | undefined;
  try {
    const endpoint = await login(signal, begin);
    begin("negotiate");
    hub = await Hub.open(endpoint, signal, { onEvent: nobody, onAnswers: nobody, onDropped: nobody }, TIMINGS);
    begin("connect");
    begin("events");
    const events = (await hub.available()).length;
    return { done: [...done, "events"], events };
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
