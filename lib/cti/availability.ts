/**
 * Whether the broker can be reached.
 *
 *     reachable --nothing listens there, or a probe failed--> away --any answer--> reachable (an outage ended)
 *
 * One failure says little: a proxy may refuse one agent, a slow broker may time out. So after several failures in a row
 * a probe asks for something that concerns no agent, and only its failure means that the broker is away. While it is
 * away the probe is the only request; it is repeated with back-off and never given up.
 */
import { STEADY } from "../core/clock.js";
import { ContactCenterError } from "./errors.js";
import { backoffDelay, type BackoffOptions } from "../http/backoff.js";
import { isUnprocessed, networkFault } from "../http/errors.js";

/** A time without an answer, Unix milliseconds. */
export interface Outage {
  /** The last sign of the broker before it; undefined when there was none. */
  from: number | undefined;
  to: number;
}

/** What an {@link Availability} works with. */
export interface AvailabilityOptions {
  /** A request that changes nothing; rejects when it is not answered. */
  probe: () => Promise<void>;
  /** Called when the broker is found to be away. */
  onAway?: () => void;
  /** Called when {@link Availability.isInDoubt} has become false. */
  onCertain?: () => void;
  /** Called when it answers again. */
  onBack?: (outage: Outage) => void;
  /** Pauses between probes; 0.5 s to 30 s by default. */
  backoff?: BackoffOptions;
}

/** Failures in a row after which the broker is probed. */
const SUSPICIOUS = 3;
/** What a proxy answers for a broker that is not there. */
const PROXY_WITHOUT_BROKER = new Set<number | string>([502, 503, 504]);

/** Where DELETE is answered by somebody else, POST may still reach the broker. */
const NOT_ABOUT_BROKER = new Set<number | string>(["ECLOSED", "EINVALID", "EANSWER", "ELIMIT"]);

/** True where somebody else answered, with this status if one is given: it says nothing about the broker. */
export function isForeignAnswer(error: unknown, status?: number): boolean {
  const isForeign = error instanceof ContactCenterError && error.code === "EANSWER";
  return isForeign && (status === undefined || error.cause["status"] === status);
}

/** True where nobody answered, or only a proxy did for a broker that is not there. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof ContactCenterError) || NOT_ABOUT_BROKER.has(error.code)) return false;
  return typeof error.code === "string" || PROXY_WITHOUT_BROKER.has(error.code);
}

/** True where the broker may have made what a failed request asked for: nobody answered, or its 2xx named no id. */
export function mayHaveMade(error: unknown): boolean {
  return (isUnreachable(error) && !isUnprocessed(error)) || Number((error as { code?: unknown }).code) < 300;
}

/** Watches the outcome of requests to one broker. */
export class Availability {
  /** Why the broker is away; undefined while it is reachable, or nothing is known. */
  error: ContactCenterError | undefined;
  /** When the broker answered or posted last, Unix milliseconds. */
  lastSignMs: number | undefined;
  private failures = 0;
  private probing = false;
  private attempt = 0;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly options: AvailabilityOptions) {}

  /** True while nothing but a probe may be sent. */
  get isInDoubt(): boolean {
    return this.error !== undefined || this.probing;
  }

  /** Until when events were received, as far as is known, Unix milliseconds. */
  get receivedUntilMs(): number {
    const now = STEADY.now();
    return this.failures > 0 ? (this.lastSignMs ?? now) : now;
  }

  /** The broker posted an event. */
  seen(): void {
    if (!this.error) this.lastSignMs = STEADY.now();
  }

  /** The broker answered a request. */
  answered(): void {
    const from = this.lastSignMs;
    this.lastSignMs = STEADY.now();
    this.failures = 0;
    if (!this.error) return;
    this.error = undefined;
    this.attempt = 0;
    clearTimeout(this.timer);
    this.options.onBack?.({ from, to: this.lastSignMs });
  }

  /** A request failed; an error that the broker itself answered is a sign of it too. */
  failed(error: unknown): void {
    if (this.closed) return;
    if (!isUnreachable(error)) {
      if (typeof (error as { code?: unknown }).code === "number") this.answered();
      return;
    }
    this.failures++;
    const { code } = error as ContactCenterError;
    if (typeof code === "string" && networkFault(code) === "not-sent") this.setAway(error as ContactCenterError);
    else if (this.failures >= SUSPICIOUS && !this.error) void this.probe();
  }

  /** Ends the repetition. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private setAway(error: ContactCenterError): void {
    const wasReachable = this.error === undefined;
    this.error = error;
    if (!wasReachable || this.closed) return;
    this.options.onAway?.();
    this.schedule();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.probe(), backoffDelay(this.attempt++, this.options.backoff));
  }

  private async probe(): Promise<void> {
    if (this.probing || this.closed) return;
    this.probing = true;
    try {
      await this.options.probe();
      this.answered();
    } catch (error) {
      if (this.closed) return;
      if (!isUnreachable(error)) this.answered();
      else if (this.error) this.schedule();
      else this.setAway(error as ContactCenterError);
    } finally {
      this.probing = false;
      if (!this.error) this.options.onCertain?.();
    }
  }
}
