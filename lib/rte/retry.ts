/** When to try again, and why it failed in one word. */
import { type BackoffOptions, backoffDelay } from "../http/backoff.js";
import { ContactCenterError } from "./errors.js";

/** The reasons why there may be no connection. */
export const ALL_REASONS = [
  "unauthorized",
  "forbidden",
  "timeout",
  "silent",
  "closed",
  "hub",
  "server",
  "proxy",
  "settings",
  "network",
] as const;
/** Why there is no connection. */
export type Reason = (typeof ALL_REASONS)[number];

const REASONS: Record<string, Reason> = {
  401: "unauthorized",
  403: "forbidden",
  ETIMEDOUT: "timeout",
  ESILENT: "silent",
  ECONNRESET: "closed",
  EHUB: "hub",
  EPROXY: "proxy",
  EINVALID: "settings",
};

/** The reason in one word; `server` is any other HTTP status or an answer that cannot be used. */
export function reasonOf(error: unknown): Reason {
  if (!(error instanceof ContactCenterError)) return "network";
  return REASONS[error.code] ?? (typeof error.code === "number" || error.code === "EANSWER" ? "server" : "network");
}

/** Refused credentials may be tried this often at the common pace. */
const QUICK_REFUSALS = 2;
/** After that no faster than this, in milliseconds: a vendor may lock an account after many failed logins. */
const REFUSED_PACE_MS = 10_000;

/** A connection on which there was nothing to serve was a good one after this time, in milliseconds. */
const GOOD_MS = 2000;
/** A connection that served something and ended within this time is a short one, in milliseconds. */
const SHORT_MS = 3000;
/** Short connections in a row that are followed at once; then the back-off grows: something ends them each time. */
const QUICK_CONNECTIONS = 10;
/** Settings that cannot be used are tried no faster than this, in milliseconds: nobody was asked, and only an edit helps. */
const SETTINGS_PACE_MS = 30_000;
/** A server cannot ask for a longer pause than this, in milliseconds. */
const MAX_RETRY_AFTER_MS = 30_000;

/** The pace of the tries. It never gives up. */
export class Pace {
  private attempt = 0;
  private refusals = 0;
  /** Short connections in a row. */
  private short = 0;

  constructor(private readonly backoff: BackoffOptions = {}) {}

  /**
   * A connection has ended. After one that served something the back-off starts again, with its first step, unless many were
   * short; after one that served nothing it goes on.
   * @param hasServed undefined where nothing was subscribed
   * @param isTrial a `Subscribe` was under way, which may be what it ended on: such calls get smaller and rarer by themselves
   */
  ended(connectedForMs: number, hasServed: boolean | undefined, isTrial = false): void {
    this.refusals = 0;
    if (!(hasServed ?? connectedForMs >= GOOD_MS)) return;
    if (connectedForMs >= SHORT_MS) this.short = 0;
    else if (!isTrial) this.short++;
    this.attempt = Math.max(0, this.short - QUICK_CONNECTIONS);
  }

  /** @returns milliseconds until the next try after this failure */
  next(error: unknown): number {
    const reason = reasonOf(error);
    if (reason === "settings") return SETTINGS_PACE_MS;
    if (reason === "unauthorized" || reason === "forbidden") this.refusals++;
    const askedMs = error instanceof ContactCenterError ? Number(error.cause["retryAfterMs"] ?? 0) : 0;
    const paceMs = this.refusals >= QUICK_REFUSALS ? REFUSED_PACE_MS : 0;
    return Math.max(backoffDelay(this.attempt++, this.backoff), Math.min(askedMs, MAX_RETRY_AFTER_MS), paceMs);
  }
}
