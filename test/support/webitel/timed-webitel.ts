/** A queue in memory under a clock that the test moves: for servers and uploads that take minutes. */
import { type Clock, install } from "@sinonjs/fake-timers";
import { ContactCenterError } from "../../../lib/core/errors.js";
import { MARKER } from "../../../lib/webitel/tables.js";
import type { FoundMember, Member } from "../../../lib/webitel/types.js";
import type { MembersApi } from "../../../lib/webitel/upload/context.js";

/** What one bulk does. Times in milliseconds from its start; a time that is left out never comes. */
export interface BulkPlan {
  answerMs: number;
  /** The code of the failure; left out: 200. */
  code?: number | string;
  cause?: Record<string, unknown>;
  commitMs?: number;
}

const OPERATION = "CreateMemberBulk";

/** The error of a request. */
export function failed(code: number | string, cause: object = {}): ContactCenterError {
  return new ContactCenterError(code, "webitel.errors.no-answer", {
    vendor: "webitel",
    operation: OPERATION,
    ...cause,
  });
}

/** Bulks work off their plans in turn, and then succeed after 10 ms. */
export class TimedWebitel implements MembersApi {
  readonly members: FoundMember[] = [];
  /** Unix milliseconds of each bulk. */
  readonly bulks: number[] = [];
  /** Answers a deletion so, and deletes nobody; undefined deletes. */
  deletes: boolean | undefined;
  private nextId = 1;

  constructor(private readonly plans: BulkPlan[]) {}

  async createMembers(
    _queue: string,
    items: readonly Member[],
    _options?: Parameters<MembersApi["createMembers"]>[2],
  ): Promise<string[]> {
    this.bulks.push(Date.now());
    const plan = this.plans.shift() ?? { answerMs: 10, commitMs: 10 };
    // The marker is written into the same objects again by a later part.
    const sent = items.map((item) => structuredClone(item));
    let ids: string[] = [];
    if (plan.commitMs !== undefined) setTimeout(() => (ids = this.commit(sent)), plan.commitMs);
    await new Promise((resolve) => setTimeout(resolve, plan.answerMs));
    if (plan.code !== undefined) throw failed(plan.code, plan.cause);
    return ids;
  }

  findMembers(_queue: string, marker: string): Promise<FoundMember[]> {
    return Promise.resolve(this.members.filter(({ variables }) => variables?.[MARKER] === marker));
  }

  deleteMember(_queue: string, id: string): Promise<boolean> {
    if (this.deletes !== undefined) return Promise.resolve(this.deletes);
    const at = this.members.findIndex((member) => member.id === id);
    if (at >= 0) this.members.splice(at, 1);
    return Promise.resolve(at >= 0);
  }

  /** Row numbers in the queue, rising. */
  get rows(): number[] {
    return this.members.map(({ variables }) => Number(variables?.["row"])).sort((a, b) => a - b);
  }

  private commit(items: readonly Member[]): string[] {
    return items.map((item) => {
      const id = String(this.nextId++);
      this.members.push({ ...item, id });
      return id;
    });
  }
}

/** A file is opened, read, written or closed. */
const isReadingOrWriting = (): boolean =>
  process.getActiveResourcesInfo().some((name) => name.startsWith("FSReq") || name === "CloseReq");

/** Runs work under a clock that is moved on whenever nothing but time is waited for. Files are real. */
export async function inFakeTime<T>(work: (clock: Clock) => Promise<T>): Promise<T> {
  const clock: Clock = install({
    now: Date.now(),
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  });
  try {
    let ended = false;
    const result = work(clock).finally(() => (ended = true));
    result.catch(() => undefined);
    while (!ended) {
      // Files and promises first; then time.
      for (let turn = 0; turn < 8 || isReadingOrWriting(); turn++)
        await new Promise((resolve) => setImmediate(resolve));
      clock.tick(50);
    }
    return await result;
  } finally {
    clock.uninstall();
  }
}
