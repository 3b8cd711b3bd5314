/**
 * A broker that answers, but refuses: after several refusals in a row its requests pause, and then go one by one until one
 * works. So a fault that concerns all agents does not use up the minute's requests, and its end is noticed soon.
 */
import { STEADY } from "../core/clock.js";
import { backoffDelay, type BackoffOptions } from "../http/backoff.js";
import { retryAfterMsOf } from "./errors.js";

/** The longest pause, unless the broker asks for more, milliseconds. */
const PAUSE_MAX_MS = 5000;
/** The longest pause that the broker may ask for, milliseconds. */
const ASKED_MAX_MS = 30_000;

/** The refusals of one kind of request. */
export class Refusals {
  /** Why requests wait; undefined while they do not. */
  error: unknown;
  private readonly refused = new Set<string>();
  private attempt = 0;
  private until = 0;
  private running = 0;
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param most different subscriptions that may be refused in a row before requests pause
   * @param onResume called at the end of each pause
   */
  constructor(
    private readonly most: number,
    private readonly onResume: () => void,
    private readonly backoff: BackoffOptions = {},
  ) {}

  /** True while no other request may be sent. */
  get isPaused(): boolean {
    return this.error !== undefined && (this.running > 0 || STEADY.now() < this.until);
  }

  /** A request is sent. */
  sent(): void {
    this.running++;
  }

  /** It was refused. @param key of the subscription */
  failed(key: string, error: unknown): void {
    this.running--;
    this.refused.add(key);
    if (this.refused.size < this.most || STEADY.now() < this.until) return;
    this.error = error;
    const pauseMs = backoffDelay(this.attempt++, { ...this.backoff, maxMs: PAUSE_MAX_MS });
    const ms = Math.max(pauseMs, Math.min(retryAfterMsOf(error), ASKED_MAX_MS));
    this.until = STEADY.now() + ms;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.onResume, ms);
  }

  /** It worked. What was under way when the pause began says nothing about its end. */
  worked(): void {
    this.running--;
    if (STEADY.now() >= this.until) this.clear();
  }

  /** Something else came of it. */
  ended(): void {
    this.running--;
  }

  /** Nothing is known any more. */
  clear(): void {
    this.refused.clear();
    this.error = undefined;
    this.attempt = 0;
    this.until = 0;
    clearTimeout(this.timer);
  }
}
