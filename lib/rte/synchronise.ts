/** Brings the hub in line with the subscriptions: asks for what is missing, takes back what is too much, and notes each answer. */
import { STEADY } from "../core/clock.js";
import { type BackoffOptions, backoffDelay } from "../http/backoff.js";
import { networkError } from "../http/errors.js";
import { ContactCenterError } from "./errors.js";
import { type Subject, subjectKey } from "./subject.js";
import { type CallFault, Calls, hubMessage, isTimeout, NOT_ANSWERED } from "./calls.js";
import { CallSizes, parts } from "./call-size.js";
import type { Answers, Hub } from "./hub.js";
import { ENDS_CONNECTION, type Subscriptions } from "./subscriptions.js";

/** What the calls to one hub need to know. */
interface HubCalls<S extends object> {
  hub: Hub;
  subscriptions: Subscriptions<S>;
  sizes: CallSizes;
  /** False once the hub has been replaced: its answers no longer count. */
  isCurrent: () => boolean;
  /** Milliseconds until a failed call is repeated, by the number of failures before. */
  waitMs: (failures: number) => number;
  /** The hub has answered a `Subscribe` that was given up. */
  onLateAnswers: (answers: Answers, subjects: readonly Subject[]) => void;
  /** The hub has answered an `Unsubscribe` that was given up; of everything where undefined. */
  onLateRelease: (subjects?: readonly Subject[]) => void;
}

function failed<S extends object>(
  { subscriptions, isCurrent, waitMs }: HubCalls<S>,
  subject: Subject,
  message: string,
  isAlone = false,
): void {
  if (isCurrent()) subscriptions.failed(subject, { message, isAlone, waitMs }, STEADY.now());
}

/** Waits for a call that others have to wait for: where it is not answered in time, they lost that time. */
async function holding<S extends object, T>({ subscriptions, isCurrent }: HubCalls<S>, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (isTimeout(error) && isCurrent()) subscriptions.delayed();
    throw error;
  }
}

/** Waits for a `Subscribe`, and notes that it is answered, an error included. */
async function noting(sizes: CallSizes, subjects: readonly Subject[], call: Promise<Answers>): Promise<Answers> {
  try {
    const answers = await call;
    sizes.answered(subjects, STEADY.now());
    return answers;
  } catch (error) {
    if (hubMessage(error) !== NOT_ANSWERED) sizes.answered(subjects, STEADY.now());
    throw error;
  }
}

/** Runs calls. @returns undefined where the connection has ended, and with it what the hub knew */
async function untilClosed(run: () => Promise<CallFault | undefined>): Promise<CallFault | undefined> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ContactCenterError) return undefined;
    throw error;
  }
}

/**
 * Subscribes what is missing, and ends everything at once where nobody subscribes anything any more.
 * @returns the first call that failed as a whole; undefined when none did, or the connection ended
 */
function subscribeMissing<S extends object>(calls: HubCalls<S>): Promise<CallFault | undefined> {
  const { hub, subscriptions, sizes, isCurrent, onLateAnswers, onLateRelease } = calls;
  const subscribing = new Calls(
    "Subscribe",
    (subjects) => {
      subscriptions.asked(subjects);
      sizes.asked(subjects);
      // On a connection that serves nothing the limit of the pass holds.
      const onLate = (answers: Answers): void => onLateAnswers(answers, subjects);
      const answers = hub.subscribe(subjects, subscriptions.isServing() ? onLate : undefined);
      return holding(calls, noting(sizes, subjects, answers));
    },
    (subjects, answers) => {
      // One time for all, and with it one gap.
      const nowMs = STEADY.now();
      for (const subject of isCurrent() ? subjects : []) {
        const answer = answers.get(subjectKey(subject));
        if (answer === undefined) failed(calls, subject, NOT_ANSWERED);
        else subscriptions.answered(subject, answer.subscribed, answer.message, nowMs);
      }
    },
    (...failure) => failed(calls, ...failure),
  );
  return untilClosed(async () => {
    await subscribing.run(sizes.calls(subscriptions.missing(STEADY.now())));
    const surplus = isCurrent() && subscriptions.isSurplusAll() ? subscriptions.surplus(STEADY.now()) : [];
    if (surplus.length === 0) return subscribing.fault;
    subscriptions.releasing(surplus);
    const refusal = await refusalOf(
      holding(
        calls,
        hub.unsubscribeAll(surplus, () => onLateRelease()),
      ),
    );
    for (const subject of isCurrent() ? surplus : []) {
      if (refusal === undefined) subscriptions.released(subject);
      else failed(calls, subject, refusal);
    }
    const isLate = refusal === NOT_ANSWERED;
    return subscribing.fault ?? (isLate ? { operation: "UnsubscribeAll", message: refusal } : undefined);
  });
}

/**
 * Takes back what nobody subscribes any more.
 * @returns as {@link subscribeMissing}
 */
function releaseSurplus<S extends object>(
  calls: HubCalls<S>,
  surplus: readonly Subject[],
): Promise<CallFault | undefined> {
  const { hub, subscriptions, isCurrent, onLateRelease } = calls;
  const releasing = new Calls(
    "Unsubscribe",
    (subjects) => hub.unsubscribe(subjects, () => onLateRelease(subjects)),
    (subjects, answers) => {
      for (const subject of isCurrent() ? subjects : []) {
        const answer = answers.get(subjectKey(subject));
        if (answer?.subscribed === true) {
          subscriptions.kept(subject);
          failed(calls, subject, answer.message ?? "");
        } else subscriptions.released(subject);
      }
    },
    (...failure) => failed(calls, ...failure),
  );
  subscriptions.releasing(surplus);
  return untilClosed(async () => {
    await releasing.run(parts(surplus));
    return releasing.fault;
  });
}

/** @returns why the hub did not do it; the next time the items are named */
async function refusalOf(unsubscribedAll: Promise<boolean>): Promise<string | undefined> {
  try {
    return (await unsubscribedAll) ? undefined : "UnsubscribeAll: false";
  } catch (error) {
    return hubMessage(error);
  }
}

/** What is reported of items that end the connection, and rest for it. */
function restFault([first, ...others]: readonly Subject[]): CallFault | undefined {
  if (first === undefined) return undefined;
  const more = others.length > 0 ? ` and ${others.length} more` : "";
  return { operation: "Subscribe", message: `${first.eventName} of ${first.entityId}${more}: ${ENDS_CONNECTION}` };
}

/** What a {@link Synchroniser} needs to know. */
export interface SynchroniserOptions {
  /** Milliseconds for the calls of a pass, on a connection on which the hub serves nothing. */
  callMs: number;
  /** Milliseconds for which an item rests at first that ends the connection. */
  restMs: number;
  /** Milliseconds from the connection on before an item is tried that has rested. */
  settleMs: number;
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
  private attachedMs = 0;
  private work: Promise<void> = Promise.resolve();
  /** Calls of `Unsubscribe` under way, by {@link subjectKey}. */
  private readonly releases = new Map<string, Promise<void>>();
  private retry: NodeJS.Timeout | undefined;
  /** What fails: `Unsubscribe`, and the other calls. */
  private readonly faults: { call?: CallFault | undefined; release?: CallFault | undefined } = {};
  private reported: CallFault | undefined;
  private readonly sizes: CallSizes;

  constructor(
    private readonly subscriptions: Subscriptions<S>,
    private readonly options: SynchroniserOptions,
  ) {
    this.sizes = new CallSizes(options.restMs);
  }

  /** A connection is there. */
  attach(hub: Hub): void {
    this.hub = hub;
    this.attachedMs = STEADY.now();
    void this.run();
  }

  /**
   * The connection is gone.
   * @param isOurs we ended it
   * @returns true when a `Subscribe` was under way, which may be what it ended on
   */
  detach(isOurs: boolean): boolean {
    this.hub = undefined;
    const isTrial = !isOurs && this.sizes.ended(STEADY.now(), this.subscriptions.isServing());
    if (isOurs) this.sizes.left();
    this.faults.call = this.faults.release = this.reported = undefined;
    this.releases.clear();
    clearTimeout(this.retry);
    return isTrial;
  }

  /**
   * Asks the hub for what is missing, and begins to take back what nobody subscribes. One pass at a time, so that answers
   * and changes cannot cross; nobody but the same subjects waits for an `Unsubscribe`, which a hub may leave unanswered.
   */
  run(): Promise<void> {
    this.work = this.work.then(() => this.next());
    return this.work;
  }

  /** Resolves when no `Unsubscribe` of these subjects is under way, and what was subscribed again meanwhile was asked for. */
  async released(subjects: readonly Subject[]): Promise<void> {
    await Promise.all(subjects.flatMap((subject) => this.releases.get(subjectKey(subject)) ?? []));
  }

  /** What the hub says that it does not serve, by {@link subjectKey}; it counts as lost. Nothing where it does not say. */
  async lacking(): Promise<ReadonlySet<string>> {
    const { hub } = this;
    const askedMs = STEADY.now();
    const active = await hub?.active();
    return active !== undefined && hub === this.hub ? this.subscriptions.confirmed(active, askedMs) : new Set();
  }

  private async next(): Promise<void> {
    const { hub, subscriptions, options } = this;
    if (hub === undefined) return;
    clearTimeout(this.retry);
    // Whatever asks for them: a message or a deploy, too.
    const settledMs = this.attachedMs + options.settleMs;
    const resting = subscriptions.rest((subject) => this.sizes.restUntilMs(subject, settledMs));
    const limit = setTimeout(() => this.giveUp(hub), options.callMs);
    const calls = this.callsOf(hub);
    const fault = await subscribeMissing(calls);
    clearTimeout(limit);
    if (!calls.isCurrent()) return;
    this.note("call", fault ?? restFault(resting));
    const surplus = subscriptions.surplus(STEADY.now());
    if (surplus.length > 0) this.release(calls, surplus);
    options.onNews();
    const nextMs = subscriptions.nextMs();
    if (nextMs !== undefined) this.retry = setTimeout(() => void this.run(), Math.max(0, nextMs - STEADY.now()));
  }

  private callsOf(hub: Hub): HubCalls<S> {
    const { subscriptions, options } = this;
    const isCurrent = (): boolean => this.hub === hub;
    // One wait for all that fail in this pass, so that they are asked again together.
    const waits = new Map<number, number>();
    const waitMs = (failures: number): number => {
      const ms = waits.get(failures) ?? backoffDelay(failures, options.backoff);
      waits.set(failures, ms);
      return ms;
    };
    const onLateAnswers = (answers: Answers, subjects: readonly Subject[]): void => {
      if (!isCurrent()) return;
      this.sizes.answered(subjects, STEADY.now());
      for (const subject of subjects) {
        const answer = answers.get(subjectKey(subject));
        if (answer) subscriptions.answeredLate(subject, answer, STEADY.now());
      }
      void this.run();
    };
    const onLateRelease = (subjects?: readonly Subject[]): void => {
      if (!isCurrent()) return;
      subscriptions.releasedLate(subjects);
      void this.run();
    };
    return { hub, subscriptions, sizes: this.sizes, isCurrent, waitMs, onLateAnswers, onLateRelease };
  }

  private release(calls: HubCalls<S>, surplus: readonly Subject[]): void {
    const release = async (): Promise<void> => {
      const fault = await releaseSurplus(calls, surplus);
      if (!calls.isCurrent()) return;
      this.note("release", fault);
      for (const subject of surplus) this.releases.delete(subjectKey(subject));
      await this.run();
    };
    const released = release();
    for (const subject of surplus) this.releases.set(subjectKey(subject), released);
  }

  /** A hub that answers nothing for so long, on a connection without any use, is tried on a new one. */
  private giveUp(hub: Hub): void {
    if (this.hub !== hub || this.subscriptions.isServing()) return;
    const cause = { vendor: "enreach", operation: "Subscribe" } as const;
    void hub.stop(networkError(cause, "ETIMEDOUT", hub.url, this.options.callMs));
  }

  private note(kind: "call" | "release", fault: CallFault | undefined): void {
    if (fault !== undefined) this.faults[kind] = fault;
    // What failed before and was not repeated in this pass still fails.
    else if (!this.subscriptions.isFailing()) this.faults.call = this.faults.release = undefined;
    const first = this.faults.call ?? this.faults.release;
    if (first?.operation === this.reported?.operation) return;
    this.reported = first;
    this.options.onFault(first);
  }
}
