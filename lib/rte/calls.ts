/** Calls with lists of subjects. An item that makes a call fail is found by halving, and does not take the others with it. */
import { plainText } from "../core/values.js";
import { ContactCenterError } from "./errors.js";
import type { Answers } from "./hub.js";
import type { Subject } from "./subject.js";

/** Single items that fail before the hub counts as failing at everything, unless it answered another call meanwhile. */
const HOPELESS = 2;

/** What is said of a call that the hub has not answered. */
export const NOT_ANSWERED = "not answered";

/** A call that failed as a whole. */
export interface CallFault {
  operation: string;
  message: string;
}

/** Makes calls with lists, and halves one that fails. */
export class Calls {
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

  async run(calls: Iterable<Subject[]>): Promise<void> {
    for (const subjects of calls) await this.ask(subjects);
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
export function isTimeout(error: unknown): boolean {
  return error instanceof ContactCenterError && error.code === "ETIMEDOUT";
}

/**
 * What the hub said of a call that failed.
 * @throws the error itself when it is not the hub's: the connection has ended
 */
export function hubMessage(error: unknown): string {
  if (isTimeout(error)) return NOT_ANSWERED;
  if (!(error instanceof ContactCenterError) || error.code !== "EHUB") throw error;
  return plainText(error.cause["detail"]) ?? "";
}
