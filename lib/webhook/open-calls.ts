/**
 * Calls that wait for an answer. Each is settled exactly once: by the flow, by its deadline, by an error or by a stop,
 * and in each case the caller gets an answer.
 */
import { randomUUID } from "node:crypto";

/** Why a call got the fallback answer. */
type FallbackReason = "deadline" | "error" | "closed";

/** Who opened a call. `Answer` is what goes on the wire, `Request` what came. */
export interface CallOwner<Answer, Request> {
  /** The answer that the caller gets when the flow gives none. */
  fallback(): Answer;
  /** The fallback was sent. */
  onFallback(id: string, request: Request, reason: FallbackReason): void;
  /** The flow answered in time. */
  onAnswer(): void;
  /** The caller hung up before any answer. */
  onHangUp(id: string, request: Request): void;
  /** An answer came for a call that already had one. */
  onLate(): void;
}

/** A call that waits for its answer. */
export interface OpenCall<Answer, Owner, Request> {
  /** The id that a message carries. */
  readonly id: string;
  readonly owner: Owner;
  readonly request: Request;
  /**
   * The flow's answer.
   * @returns false when the call had its answer already
   */
  answer(answer: Answer): boolean;
  /** The fallback answer, unless the call had an answer already. */
  fallBack(reason: FallbackReason): void;
  /** The caller hung up: the call is settled without an answer. */
  abandon(): void;
}

/** How many settled calls are remembered, to tell a late answer from a message that never belonged to a call. */
const REMEMBERED = 10_000;

/** All open calls of a process, by the id that a message carries. */
export class OpenCalls<Answer, Owner extends CallOwner<Answer, Request>, Request> {
  private readonly open = new Map<string, OpenCall<Answer, Owner, Request>>();
  private readonly settled = new Map<string, { late: Owner } | { gone: Owner }>();

  /**
   * Opens a call.
   * @param owner the node that opened it
   * @param request what came
   * @param deadlineMs milliseconds until the fallback
   * @param respond puts an answer on the wire
   */
  begin(
    owner: Owner,
    request: Request,
    deadlineMs: number,
    respond: (answer: Answer) => void,
  ): OpenCall<Answer, Owner, Request> {
    const id = randomUUID();
    const settle = (as: { late: Owner } | { gone: Owner } = { late: owner }): boolean => {
      clearTimeout(timer);
      return this.forget(id, as);
    };
    const call: OpenCall<Answer, Owner, Request> = {
      id,
      owner,
      request,
      answer(answer) {
        if (!settle()) return false;
        respond(answer);
        owner.onAnswer();
        return true;
      },
      fallBack(reason) {
        if (!settle()) return;
        respond(owner.fallback());
        owner.onFallback(id, request, reason);
      },
      abandon() {
        if (settle({ gone: owner })) owner.onHangUp(id, request);
      },
    };
    const timer = setTimeout(() => call.fallBack("deadline"), deadlineMs);
    this.open.set(id, call);
    return call;
  }

  /**
   * @returns the open call; the owner of a call that had its answer (`late`) or whose caller hung up before (`gone`);
   *   undefined when there never was such a call
   */
  find(id: unknown): OpenCall<Answer, Owner, Request> | { late: Owner } | { gone: Owner } | undefined {
    return typeof id === "string" ? (this.open.get(id) ?? this.settled.get(id)) : undefined;
  }

  /** Settles every call of an owner that closes. */
  closeAll(owner: Owner): void {
    for (const call of [...this.open.values()]) if (call.owner === owner) call.fallBack("closed");
  }

  /** Takes a settled call out; false when it was out already. */
  private forget(id: string, as: { late: Owner } | { gone: Owner }): boolean {
    if (!this.open.delete(id)) return false;
    this.settled.set(id, as);
    if (this.settled.size > REMEMBERED) this.settled.delete(this.settled.keys().next().value as string);
    return true;
  }
}
