/**
 * Copies of members that came late: a batch was sent a second time because the queue did not have it, and then the first one was
 * committed as well. They are found by the run's own markers.
 */
import { delay } from "../../http/backoff.js";
import type { RunContext } from "./context.js";
import type { FoundMember } from "../types.js";
import { membersOf } from "./verification.js";

/** A marker under which copies may appear. */
export interface Watch {
  marker: string;
  /** How many members with this marker belong into the queue; 0 when their rows were sent under another one. */
  keep: number;
  /** Copies may come until then, Unix milliseconds. */
  untilMs: number;
}

/** What is wrong with the members of a marker. */
interface Copies {
  /** How many there are too many. */
  count: number;
  /** Those that can be named. */
  members: FoundMember[];
}

/** Same person: what the batch sent. The server adds its own fields to numbers. */
function contentOf({ name, communications, variables = {} }: FoundMember): string {
  const numbers = communications.map(({ destination, type }) => [destination.trim(), type?.id]);
  const sorted = Object.keys(variables)
    .sort((a, b) => (a < b ? -1 : 1))
    .map((key) => [key, variables[key]]);
  return JSON.stringify([name, numbers, sorted]);
}

const wasCalled = ({ attempts = 0, reserved, stop_cause }: FoundMember): boolean =>
  attempts > 0 || reserved === true || (stop_cause ?? "") !== "";

/**
 * The members that are there too often. Of each person one stays: who was called, then whose id was reported, then the oldest.
 * Nobody is named where the numbers do not divide: somebody else has changed the queue meanwhile.
 * @param keep how many of these members belong into the queue
 * @param reported ids that were sent to the outputs
 */
export function copiesAmong(found: readonly FoundMember[], keep: number, reported: ReadonlySet<string>): Copies {
  const count = Math.max(0, found.length - keep);
  if (count === 0 || keep === 0) return { count, members: count === 0 ? [] : [...found] };
  const times = found.length / keep;
  const groups = new Map<string, FoundMember[]>();
  for (const member of found) {
    const content = contentOf(member);
    groups.set(content, [...(groups.get(content) ?? []), member]);
  }
  const divides = [...groups.values()].every(({ length }) => Number.isInteger(length / times));
  if (!Number.isInteger(times) || !divides) return { count, members: [] };
  const rank = (member: FoundMember): number => (wasCalled(member) ? 0 : reported.has(member.id) ? 1 : 2);
  const members = [...groups.values()].flatMap((group) =>
    group.sort((a, b) => rank(a) - rank(b)).slice(group.length / times),
  );
  return { count, members };
}

/** Copies that stay in the queue are named in the report up to this number. */
const NAMED_COPIES = 1000;

/** Watches the markers of one run. */
export class DoubleCheck {
  private readonly watches = new Map<string, Watch>();
  /** Ids that were reported as a row's member, of the markers that are watched. */
  private readonly reported = new Set<string>();
  private readonly counted = new Map<string, number>();
  /** Ids of copies that are still in the queue. */
  readonly remaining = new Set<string>();

  /** @param watches of an earlier process */
  constructor(
    private readonly run: RunContext,
    watches: readonly Watch[] = [],
  ) {
    for (const watch of watches) this.watches.set(watch.marker, watch);
  }

  /**
   * Copies may appear under a marker. Resolves when the journal has it: a resume goes on watching.
   * @param keep how many members with this marker belong into the queue
   * @param sentMs when the request left or broke, Unix milliseconds
   */
  async watch(marker: string, keep: number, sentMs = Date.now()): Promise<void> {
    const watch = { marker, keep, untilMs: sentMs + this.run.patience.lateMs };
    this.watches.set(marker, watch);
    await this.run.journal.append({ watch: marker, keep, until: watch.untilMs });
  }

  /** The members of a watched marker that were reported; they stay. */
  report(marker: string, ids: readonly string[]): void {
    if (this.watches.has(marker)) for (const id of ids) this.reported.add(id);
  }

  /** Looks once, where the marker is watched; what cannot be seen now is seen at the end. */
  async look(marker: string): Promise<void> {
    const watch = this.watches.get(marker);
    if (!watch) return;
    const { api, queueId, abort } = this.run;
    await api
      .findMembers(queueId, marker, Infinity, abort)
      .then((found) => this.settle(watch, found))
      .catch(() => undefined);
  }

  /**
   * The end of the run: waits until no copy can come any more, looks, and removes.
   * @throws ContactCenterError when the queue cannot be asked, the stop signal's reason
   */
  async finish(): Promise<void> {
    const watches = [...this.watches.values()].sort((a, b) => a.untilMs - b.untilMs);
    const last = watches.at(-1);
    if (last && last.untilMs > Date.now()) this.run.onWait({ code: "check", untilMs: last.untilMs });
    for (const watch of watches) {
      await delay(Math.max(0, watch.untilMs - Date.now()), this.run.stop);
      await this.settle(watch, await membersOf(this.run, watch.marker, Infinity));
      this.run.journal.note({ checked: watch.marker });
    }
  }

  /** A cancelled run waits for nothing: each marker is looked at once. */
  async finishAtOnce(): Promise<void> {
    for (const { marker } of this.watches.values()) await this.look(marker);
  }

  /** Ids of copies that stay, for the report. */
  get named(): string[] {
    return [...this.remaining].slice(0, NAMED_COPIES);
  }

  private async settle({ marker, keep }: Watch, found: readonly FoundMember[]): Promise<void> {
    const { tally, doubles, api, queueId, abort, journal } = this.run;
    const { count, members } = copiesAmong(found, keep, this.reported);
    let removed = 0;
    for (const member of members) {
      this.remaining.add(member.id);
      if (doubles !== "remove" || wasCalled(member)) continue;
      // A token that may not delete leaves them to the report.
      if (!(await api.deleteMember(queueId, member.id, abort).catch(() => false))) continue;
      this.remaining.delete(member.id);
      removed++;
    }
    // What was found before and is still there counts once.
    const before = this.counted.get(marker) ?? 0;
    const doubled = Math.max(0, count - before);
    tally.doubled += doubled;
    tally.removed += removed;
    if (doubled + removed > 0) journal.note({ copies: marker, doubled, removed });
    this.counted.set(marker, Math.max(before, count) - removed);
  }
}
