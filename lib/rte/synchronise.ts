/**
 * Brings the hub in line with the subscriptions. Answers are noted per call and per item: an item that makes a call fail is
 * found by halving, and does not take the others with it.
 */
import { plainText } from "../core/values.js";
import { type BackoffOptions, backoffDelay } from "../http/backoff.js";
import { networkError } from "../http/errors.js";
import { ContactCenterError } from "./errors.js";
import { type Subject, subjectKey } from "./subject.js";
import type { Answers, Hub } from "./hub.js";
import type { Subscriptions } from "./subscriptions.js";

/** No limit is published; this many items go in one call. */
const BATCH = 100;
/** Single items that fail before the hub counts as failing at everything, unless it answered another call meanwhile. */
const HOPELESS = 2;

/** What is said of a call that the hub has not answered. */
const NOT_ANSWERED = "not answered";

/** A call that failed as a whole. */
export interface CallFault {
  operation: string;
  message: string;
}

/** Calls with a list, batch by batch, and halves a batch that fails. */
class Calls {
  fault: CallFault | undefined;
  private answered = 0;
  private failedAlone = 0;
  /** A call was not answered in time; no other one is made in this pass. */
  private isLate = false;

  constructor(
    private readonly operation: string,
    private readonly call: (subjects: readonly Subject[]) => Promise<Answers>,
    private readonly onAnswers: (subjects: readonly Subject[], answers: Answers) => void,
    private readonly onFailure: (subject: Subject, message: string, isAlone: boolean) => void,
  ) {}

  async run(subjects: readonly Subject[]): Promise<void> {
    for (let at = 0; at < subjects.length; at += BATCH) await this.ask(subjects.slice(at, at + BATCH));
  }

  private async ask(subjects: readonly Subject[]): Promise<void> {
    const isHopeless = this.isLate || (this.failedAlone >= HOPELESS && this.answered === 0);
    try {
      if (!isHopeless) {
        this.onAnswers(subjects, await this.call(subjects));
        this.answered++;
        return;
      }
    } catch (error) {
      this.fault ??= { operation: this.operation, message: hubMessage(error) };
      this.isLate = isTimeout(error);
      if (subjects.length > 1 && !this.isLate) {
        const half = Math.ceil(subjects.length / 2);
        await this.ask(subjects.slice(0, half));
        await this.ask(subjects.slice(half));
        return;
      }
      this.failedAlone++;
    }
    for (const subject of subjects) this.onFailure(subject, this.fault?.message ?? "", !isHopeless && !this.isLate);
  }
}

/** True when the hub has not answered in time. */
function isTimeout(error: unknown): boolean {
  return error instanceof ContactCenterError && error.code === "ETIMEDOUT";
}

/** @throws the error itself when it is not the hub's: the connection has ended */
function hubMessage(error: unknown): string {
  if (isTimeout(error)) return NOT_ANSWERED;
  if (!(error instanceof ContactCenterError) || error.code !== "EHUB") throw error;
  return plainText(error.cause["detail"]) ?? "";
}

/** What a pass needs to know. */
interface PassOptions {
  /** False once the hub has been replaced: its answers no longer count. */
  isCurrent: () => boolean;
  /** Milliseconds until a failed call is repeated, by the number of failures before. */
  waitMs: (failures: number) => number;
  /** The hub has answered an `Unsubscribe` that was given up; of everything where undefined. */
  onLate: (subjects?: readonly Subject[]) => void;
}

/**
 * Subscribes what is missing and takes back what nobody subscribes any more.
 * @returns the first call that failed as a whole; undefined when none did, or the connection ended
 */
async function pass<S extends object>(
  hub: Hub,
  subscriptions: Subscriptions<S>,
  { isCurrent, waitMs, onLate }: PassOptions,
): Promise<CallFault | undefined> {
  const failed = (subject: Subject, message: string, isAlone = false): void => {
    if (isCurrent()) subscriptions.failed(subject, { message, isAlone, waitMs }, Date.now());
  };
  const release = async <T>(subjects: readonly Subject[], call: () => Promise<T>): Promise<T> => {
    if (isCurrent()) subscriptions.releasing(subjects);
    try {
      return await call();
    } catch (error) {
      if (isTimeout(error) && isCurrent()) subscriptions.delayed();
      throw error;
    }
  };
  const subscribing = new Calls(
    "Subscribe",
    (subjects) => {
      subscriptions.asked(subjects);
      return hub.subscribe(subjects);
    },
    (subjects, answers) => {
      for (const subject of isCurrent() ? subjects : []) {
        const answer = answers.get(subjectKey(subject));
        if (answer === undefined) failed(subject, NOT_ANSWERED);
        else subscriptions.answered(subject, answer.subscribed, answer.message, Date.now());
      }
    },
    failed,
  );
  const releasing = new Calls(
    "Unsubscribe",
    (subjects) => release(subjects, () => hub.unsubscribe(subjects, () => onLate(subjects))),
    (subjects, answers) => {
      for (const subject of isCurrent() ? subjects : []) {
        const answer = answers.get(subjectKey(subject));
        if (answer?.subscribed === true) {
          subscriptions.kept(subject);
          failed(subject, answer.message ?? "");
        } else subscriptions.released(subject);
      }
    },
    failed,
  );
  try {
    await subscribing.run(subscriptions.missing(Date.now()));
    if (!isCurrent()) return undefined;
    const surplus = subscriptions.surplus(Date.now());
    let fault: CallFault | undefined;
    if (surplus.length === 0 || !subscriptions.isSurplusAll()) await releasing.run(surplus);
    else {
      const refusal = await refusalOf(release(surplus, () => hub.unsubscribeAll(surplus, () => onLate())));
      if (refusal === NOT_ANSWERED) fault = { operation: "UnsubscribeAll", message: refusal };
      for (const subject of isCurrent() ? surplus : []) {
        if (refusal === undefined) subscriptions.released(subject);
        else failed(subject, refusal);
      }
    }
    return subscribing.fault ?? releasing.fault ?? fault;
  } catch (error) {
    // The connection has ended, and with it what the hub knew.
    if (error instanceof ContactCenterError) return undefined;
    throw error;
  }
}

/** @returns why the hub did not do it; the next time the items are named */
async function refusalOf(unsubscribedAll: Promise<boolean>): Promise<string | undefined> {
  try {
    return (await unsubscribedAll) ? undefined : "UnsubscribeAll: false";
  } catch (error) {
    return hubMessage(error);
  }
}

/** What a {@link Synchroniser} needs to know. */
export interface SynchroniserOptions {
  /** Milliseconds for the calls of a pass, on a connection on which the hub serves nothing. */
  callMs: number;
  /** Between two tries of a call that failed. */
  backoff: BackoffOptions | undefined;
  /** The hub has decided something. */
  onNews: () => void;
  /** Calls begin to fail, or, with undefined, work again. */
  onFault: (fault: CallFault | undefined) => void;
}

/** Keeps the hub of the present connection in line with the subscriptions. */
export class Synchroniser<S extends object> {
  private hub: Hub | undefined;
  private work: Promise<void> = Promise.resolve();
  private retry: NodeJS.Timeout | undefined;
  private fault: CallFault | undefined;

  constructor(
    private readonly subscriptions: Subscriptions<S>,
    private readonly options: SynchroniserOptions,
  ) {}

  /** A connection is there. */
  attach(hub: Hub): void {
    this.hub = hub;
    void this.run();
  }

  /** The connection is gone. */
  detach(): void {
    this.hub = undefined;
    this.fault = undefined;
    clearTimeout(this.retry);
  }

  /** Asks the hub for what is missing; one pass at a time, so that answers and changes cannot cross. */
  run(): Promise<void> {
    this.work = this.work.then(() => this.next());
    return this.work;
  }

  private async next(): Promise<void> {
    const { hub, subscriptions, options } = this;
    if (hub === undefined) return;
    clearTimeout(this.retry);
    const isCurrent = (): boolean => this.hub === hub;
    const limit = setTimeout(() => this.giveUp(hub), options.callMs);
    // One wait for all that fail in this pass, so that they are asked again together.
    const waits = new Map<number, number>();
    const waitMs = (failures: number): number => {
      const ms = waits.get(failures) ?? backoffDelay(failures, options.backoff);
      waits.set(failures, ms);
      return ms;
    };
    const onLate = (subjects?: readonly Subject[]): void => {
      if (!isCurrent()) return;
      subscriptions.releasedLate(subjects);
      void this.run();
    };
    const fault = await pass(hub, subscriptions, { isCurrent, waitMs, onLate });
    clearTimeout(limit);
    if (!isCurrent()) return;
    this.note(fault);
    options.onNews();
    const nextMs = subscriptions.nextMs();
    if (nextMs !== undefined) this.retry = setTimeout(() => void this.run(), Math.max(0, nextMs - Date.now()));
  }

  /** A hub that answers nothing for so long, on a connection without any use, is tried on a new one. */
  private giveUp(hub: Hub): void {
    if (this.hub !== hub || this.subscriptions.isServing()) return;
    const cause = { vendor: "enreach", operation: "Subscribe" } as const;
    void hub.stop(networkError(cause, "ETIMEDOUT", hub.url, this.options.callMs));
  }

  private note(fault: CallFault | undefined): void {
    // What failed before and was not repeated in this pass still fails.
    if (fault === undefined && this.subscriptions.isFailing()) return;
    if (fault?.operation === this.fault?.operation) return;
    this.fault = fault;
    this.options.onFault(fault);
  }
}
