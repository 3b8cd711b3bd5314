/**
 * Calls that wait for an answer. Each is settled exactly once: by the flow, by its deadline, by an error or by a stop,
 * and in each case the caller gets an answer.
 */
import { randomUUID } from "node:crypto";

/** Why a call got the fallback answer. */
export type FallbackReason = "deadline" | "error" | "closed";

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
  private readonly open = new Map<number, Call<Answer, Owner, Request>>();
  /** The numbers of settled calls, negative where the caller hung up. Each number has its place: remembering allocates nothing. */
  private readonly settled = new Float64Array(REMEMBERED);
  private readonly settledOwners: (Owner | undefined)[] = Array.from({ length: REMEMBERED });
  /** Stands before each number, so that a message of an earlier process is not taken for one of this. */
  private readonly prefix = `${randomUUID()}-`;
  private lastNumber = 0;

  /**
   * Opens a call.
   * @param owner the node that opened it
   * @param request what came
   * @param deadlineMs milliseconds until the fallback
   * @param respond puts an answer on the wire; the reason comes with the fallback
   */
  begin(
    owner: Owner,
    request: Request,
    deadlineMs: number,
    respond: (answer: Answer, reason?: FallbackReason) => void,
  ): OpenCall<Answer, Owner, Request> {
    const number = ++this.lastNumber;
    const settle = (as: "late" | "gone"): boolean => this.settle(number, owner, as);
    const call = new Call(`${this.prefix}${number}`, owner, request, respond, settle, deadlineMs);
    this.open.set(number, call);
    return call;
  }

  /**
   * @returns the open call; the owner of a call that had its answer (`late`) or whose caller hung up before (`gone`);
   *   undefined when there never was such a call
   */
  find(id: unknown): OpenCall<Answer, Owner, Request> | { late: Owner } | { gone: Owner } | undefined {
    if (typeof id !== "string" || !id.startsWith(this.prefix)) return undefined;
    const number = Number(id.slice(this.prefix.length));
    const open = this.open.get(number);
    if (open) return open;
    const place = number % REMEMBERED;
    const owner = this.settledOwners[place];
    if (!owner || Math.abs(this.settled[place] as number) !== number) return undefined;
    return this.settled[place] === number ? { late: owner } : { gone: owner };
  }

  /**
   * Settles every call of an owner that closes.
   * @returns what they asked
   */
  closeAll(owner: Owner): Request[] {
    const open = [...this.open.values()].filter((call) => call.owner === owner);
    for (const call of open) call.fallBack("closed");
    return open.map(({ request }) => request);
  }

  /** Takes a call out; false when it was out already. */
  private settle(number: number, owner: Owner, as: "late" | "gone"): boolean {
    if (!this.open.delete(number)) return false;
    this.settled[number % REMEMBERED] = as === "late" ? number : -number;
    this.settledOwners[number % REMEMBERED] = owner;
    return true;
  }
}

class Call<Answer, Owner extends CallOwner<Answer, Request>, Request> implements OpenCall<Answer, Owner, Request> {
  private readonly timer: NodeJS.Timeout;

  constructor(
    readonly id: string,
    readonly owner: Owner,
    readonly request: Request,
    private readonly respond: (answer: Answer, reason?: FallbackReason) => void,
    private readonly take: (as: "late" | "gone") => boolean,
    deadlineMs: number,
  ) {
    this.timer = setTimeout(() => this.fallBack("deadline"), deadlineMs);
  }

  answer(answer: Answer): boolean {
    if (!this.settle("late")) return false;
    this.respond(answer);
    this.owner.onAnswer();
    return true;
  }

  fallBack(reason: FallbackReason): void {
    if (!this.settle("late")) return;
    this.respond(this.owner.fallback(), reason);
    this.owner.onFallback(this.id, this.request, reason);
  }

  abandon(): void {
    if (this.settle("gone")) this.owner.onHangUp(this.id, this.request);
  }

  private settle(as: "late" | "gone"): boolean {
    clearTimeout(this.timer);
    return this.take(as);
  }
}
