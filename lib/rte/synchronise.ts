/**
 * Brings the hub in line with the subscriptions. Answers are noted per call and per item: an item that makes a call fail is
 * found by halving, and does not take the others with it.
 */
import { plainText } from "../core/values.js";
import { ContactCenterError } from "./errors.js";
import type { Subject } from "./events.js";
import type { Answers, Hub } from "./hub.js";
import { subjectKey, type Subscriptions } from "./subscriptions.js";

/** No limit is published; this many items go in one call. */
const BATCH = 100;
/** Single items that fail before the hub counts as failing at everything, unless it answered another call meanwhile. */
const HOPELESS = 2;

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
    const isHopeless = this.failedAlone >= HOPELESS && this.answered === 0;
    try {
      if (!isHopeless) {
        this.onAnswers(subjects, await this.call(subjects));
        this.answered++;
        return;
      }
    } catch (error) {
      this.fault ??= { operation: this.operation, message: hubMessage(error) };
      if (subjects.length > 1) {
        const half = Math.ceil(subjects.length / 2);
        await this.ask(subjects.slice(0, half));
        await this.ask(subjects.slice(half));
        return;
      }
      this.failedAlone++;
    }
    for (const subject of subjects) this.onFailure(subject, this.fault?.message ?? "", !isHopeless);
  }
}

/** @throws the error itself when it is not the hub's: the connection has ended */
function hubMessage(error: unknown): string {
  if (!(error instanceof ContactCenterError) || error.code !== "EHUB") throw error;
  return plainText(error.cause["detail"]) ?? "";
}

/** What a pass needs to know. */
export interface SynchroniseOptions {
  /** False once the hub has been replaced: its answers no longer count. */
  isCurrent: () => boolean;
  /** Milliseconds until a failed call is repeated, by the number of failures before. */
  waitMs: (failures: number) => number;
}

/**
 * Subscribes what is missing and takes back what nobody subscribes any more.
 * @returns the first call that failed as a whole; undefined when none did, or the connection ended
 */
export async function synchronise<S extends object>(
  hub: Hub,
  subscriptions: Subscriptions<S>,
  { isCurrent, waitMs }: SynchroniseOptions,
): Promise<CallFault | undefined> {
  const failed = (subject: Subject, message: string, isAlone = false): void => {
    if (isCurrent()) subscriptions.failed(subject, { message, isAlone, waitMs }, Date.now());
  };
  const subscribing = new Calls(
    "Subscribe",
    (subjects) => hub.subscribe(subjects),
    (subjects, answers) => {
      for (const subject of isCurrent() ? subjects : []) {
        const answer = answers.get(subjectKey(subject));
        if (answer === undefined) failed(subject, "not answered");
        else subscriptions.answered(subject, answer.subscribed, answer.message, Date.now());
      }
    },
    failed,
  );
  const releasing = new Calls(
    "Unsubscribe",
    (subjects) => hub.unsubscribe(subjects),
    (subjects, answers) => {
      for (const subject of isCurrent() ? subjects : []) {
        const answer = answers.get(subjectKey(subject));
        if (answer?.subscribed === true) failed(subject, answer.message ?? "");
        else subscriptions.released(subject);
      }
    },
    failed,
  );
  try {
    await subscribing.run(subscriptions.missing(Date.now()));
    if (!isCurrent()) return undefined;
    const surplus = subscriptions.surplus(Date.now());
    if (surplus.length === 0 || !subscriptions.isSurplusAll()) await releasing.run(surplus);
    else {
      const refusal = await releaseAll(hub, surplus);
      for (const subject of isCurrent() ? surplus : []) {
        if (refusal === undefined) subscriptions.released(subject);
        else failed(subject, refusal);
      }
    }
    return subscribing.fault ?? releasing.fault;
  } catch (error) {
    // The connection has ended, and with it what the hub knew.
    if (error instanceof ContactCenterError) return undefined;
    throw error;
  }
}

/** @returns why the hub did not do it; the next time the items are named */
async function releaseAll(hub: Hub, surplus: readonly Subject[]): Promise<string | undefined> {
  try {
    return (await hub.unsubscribeAll(surplus)) ? undefined : "UnsubscribeAll: false";
  } catch (error) {
    return hubMessage(error);
  }
}
