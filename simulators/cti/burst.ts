/** A burst of events at a steady rate: many calls at once, each from ring to end, in order. */
import { randomUUID } from "node:crypto";
import type { EventName } from "../../lib/cti/tables.js";
import type { AgentEvent } from "./switchboard.js";

/** How hard, and how long. */
export interface BurstInput {
  /** Events per second. */
  rate: number;
  seconds: number;
}

/** What was sent. */
export interface BurstReport {
  events: number;
  /** Milliseconds from the first event to the last answer. */
  durationMs: number;
  /** Milliseconds until an event was answered, counted from when it was due: the middle, and what 99 of 100 kept. */
  p50: number;
  p99: number;
}

const CALL_EVENTS: readonly EventName[] = ["Hunting", "Connected", "OnHold", "Retrieve", "Disconnected"];
/** Milliseconds between two batches. */
const TICK_MS = 10;
/** Calls under way at once. */
const CALLS = 50;

/**
 * Sends events of {@link CALLS} interleaved calls. The `ani` counts the events of a call, so that a receiver can see order and loss.
 * @param agents addresses, taken in turn
 * @param send resolves when all subscribers have answered
 */
export async function burst(
  { rate, seconds }: BurstInput,
  agents: readonly string[],
  send: (fact: AgentEvent) => Promise<void>,
  signal: AbortSignal,
): Promise<BurstReport> {
  const total = Math.round(rate * seconds);
  const started = performance.now();
  const calls = Array.from({ length: CALLS }, () => ({ id: randomUUID(), step: 0 }));
  const open = new Set<Promise<void>>();
  const times: number[] = [];
  let sent = 0;
  const next = (): void => {
    const due = performance.now();
    const at = sent++ % CALLS;
    const call = calls[at] as (typeof calls)[number];
    const event = CALL_EVENTS[call.step % CALL_EVENTS.length] as EventName;
    const answered = send({
      event,
      session: "Inbound",
      address: agents[at % agents.length] as string,
      callId: call.id,
      ani: `+4400${call.step}`,
    }).finally(() => {
      open.delete(answered);
      times.push(performance.now() - due);
    });
    open.add(answered);
    call.step++;
    if (event === "Disconnected") calls[at] = { id: randomUUID(), step: 0 };
  };
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * rate));
      for (let missing = due - sent; missing > 0; missing--) next();
      if (sent < total && !signal.aborted) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  await Promise.all(open);
  times.sort((a, b) => a - b);
  const at = (share: number): number => Math.round((times[Math.floor(times.length * share)] ?? 0) * 10) / 10;
  return { events: sent, durationMs: Math.round(performance.now() - started), p50: at(0.5), p99: at(0.99) };
}
