/**
 * Copies of members that came late: a batch was sent a second time because the queue did not have it, and then the first one was
 * committed as well. They are found by the run's own markers.
 */
import { backoffDelay, delay } from "../../http/backoff.js";
import { momentNow, passedMs, sinceMs, unixOf } from "./clock.js";
import { LAST_QUESTION_MS, noteSuccess, type RunContext } from "./context.js";
import { countMembers } from "./counted.js";
import type { FoundMember } from "../types.js";
import type { Watch } from "./journal.js";
import type { Unchecked } from "./report.js";
import { fromRanges, type Range } from "./rows.js";
import { type SentBatch, surplusOf, wasCalled } from "./surplus.js";
import { membersOf, search } from "./verification.js";

/** Copies that stay in the queue, and batches that were not checked, are named in the report up to this number. */
const NAMED = 1000;
/** How often copies are deleted that are still there afterwards. */
const REMOVALS = 6;

/** A watched marker, and what was found under it. */
class WatchedMarker implements SentBatch {
  readonly marker: string;
  /** As of {@link passedMs}. */
  untilMs: number;
  keep: number;
  contents: string | undefined;
  /** Ids of copies. */
  readonly seen: Set<string>;
  /** Those of them that the queue does not have any more. */
  readonly gone = new Set<string>();
  /** Those of them whose deletion was confirmed, which the queue may still have: one who is in an attempt stays. */
  readonly deleted = new Set<string>();
  /** How many there were too many of whom nobody can say which are the copies. */
  unnamed: number;
  /** Ids of as many, not of those that were reported as far as possible: they stay. */
  doubtful: string[] = [];
  /** Those of them that somebody else has deleted. */
  unnamedGone = 0;
  /** What the run's numbers have of them. */
  readonly counted: { doubled: number; removed: number };
  rows: readonly Range[];
  /** The ids that were reported, in the order of the rows. */
  ids: string[];
  /** Who stays in the place of a reported one that is to be deleted. */
  readonly instead: Map<string, string>;
  /** No copy can come any more, and those that came were seen. */
  checked = false;

  constructor({ marker, keep, untilMs, rows, contents, ids = [], copies }: Watch) {
    const { doubled, removed } = copies ?? { doubled: 0, removed: 0 };
    this.seen = new Set(copies?.ids);
    this.instead = new Map(copies?.instead);
    this.unnamed = Math.max(0, doubled - this.seen.size);
    this.counted = { doubled, removed };
    this.ids = [...ids];
    this.marker = marker;
    this.contents = contents;
    this.keep = keep;
    this.untilMs = untilMs;
    this.rows = rows;
  }
}

/** Watches the markers of one run. */
export class DoubleCheck {
  private readonly watched = new Map<string, WatchedMarker>();
  /** Ids that were reported as a row's member, of the markers that are watched. */
  private readonly reported = new Set<string>();
  private mayDelete: boolean;
  /** Ends requests under way. */
  private signal: AbortSignal;

  /** @param watches of an earlier process */
  constructor(
    private readonly run: RunContext,
    watches: readonly Watch[] = [],
  ) {
    this.mayDelete = run.doubles === "remove";
    this.signal = run.abort;
    for (const watch of watches) {
      const { untilMs, at } = watch;
      const left = at ? untilMs - at.at - sinceMs(at) : untilMs - Date.now();
      // Nothing is waited for longer than a batch can be late, whatever the clock says.
      const leftMs = Math.min(run.patience.lateMs, Math.max(0, left));
      this.watched.set(watch.marker, new WatchedMarker({ ...watch, untilMs: passedMs() + leftMs }));
      for (const id of watch.ids ?? []) this.reported.add(id);
    }
  }

  /**
   * Copies may appear under a marker. Resolves when the journal has it: a resume goes on watching.
   * @param sent how many members with this marker belong into the queue, and what they are
   * @param rows those that were sent under it
   * @param sentMs when the request left or broke, as of {@link passedMs}
   */
  async watch(sent: SentBatch, rows: readonly Range[], sentMs = passedMs()): Promise<void> {
    const { marker, keep, contents } = sent;
    const untilMs = sentMs + this.run.patience.lateMs;
    const before = this.watched.get(marker);
    if (before) Object.assign(before, { keep, contents, untilMs, rows, checked: false });
    else this.watched.set(marker, new WatchedMarker({ marker, keep, contents, untilMs, rows }));
    const line = { watch: marker, keep, until: unixOf(untilMs), rows, ...momentNow() };
    await this.run.journal.append({ ...line, ...(contents !== undefined && { contents }) });
  }

  /**
   * The members of a watched marker are about to be reported: they stay, unless a copy was called already.
   * @returns the ids to be reported
   */
  async report(marker: string, ids: readonly string[]): Promise<readonly string[]> {
    const watched = this.watched.get(marker);
    if (!watched) return ids;
    watched.ids = [...ids];
    for (const id of ids) this.reported.add(id);
    await this.look(marker, watched);
    return watched.ids;
  }

  /** Looks once; what cannot be seen now is seen at the end. */
  private async look(marker: string, watched: WatchedMarker): Promise<void> {
    const once = async (): Promise<number> =>
      this.settle(marker, watched, await search(this.run, marker, Infinity, this.signal));
    await once()
      // What was deleted is looked at again.
      .then((left) => (left > 0 ? once() : left))
      .catch(() => undefined);
  }

  /**
   * The end of the run: waits until no copy can come any more, looks, and removes.
   * @throws ContactCenterError when the queue cannot be asked, the stop signal's reason
   */
  async finish(): Promise<void> {
    const { patience, stop, journal, onWait } = this.run;
    const all = [...this.watched].sort(([, a], [, b]) => a.untilMs - b.untilMs);
    const last = all.at(-1)?.[1];
    if (last && last.untilMs > passedMs()) onWait({ code: "check", untilMs: unixOf(last.untilMs) });
    for (const [marker, watched] of all) {
      await delay(Math.max(0, watched.untilMs - passedMs()), stop);
      // The answer to a deletion may be lost as well: what is still there is deleted again.
      for (let attempt = 0; attempt < REMOVALS; attempt++) {
        const before = [...watched.ids];
        const found = await membersOf(this.run, marker, Infinity);
        // All is sent: that the queue answers is all that can succeed now.
        noteSuccess(this.run);
        const left = await this.settle(marker, watched, found);
        this.correct(marker, watched, before);
        if (left === 0) break;
        // A deletion that was confirmed is seen at once, as a rule.
        if (attempt > 0) await delay(backoffDelay(attempt, patience.backoff), stop);
      }
      watched.checked = true;
      journal.note({ checked: marker });
    }
  }

  /** A cancelled run waits for nothing: each marker is looked at once, for {@link LAST_QUESTION_MS} in all. */
  async finishAtOnce(): Promise<void> {
    this.signal = AbortSignal.timeout(LAST_QUESTION_MS);
    for (const [marker, watched] of this.watched) {
      const before = [...watched.ids];
      await this.look(marker, watched);
      this.correct(marker, watched, before);
    }
  }

  /** Batches that were sent twice, and under whose markers copies may still appear: for the report of a run that ended early. */
  get unchecked(): Unchecked[] {
    const left = [...this.watched].filter(([, { checked }]) => !checked).slice(0, NAMED);
    return left.map(([marker, { rows, untilMs }]) => ({
      batch: marker,
      rows,
      until: new Date(unixOf(untilMs)).toISOString(),
    }));
  }

  /** Ids of copies that are still in the queue, or may be copies, for the report. */
  get named(): string[] {
    const ids = [...this.watched.values()].flatMap(({ seen, gone, doubtful }) => [
      ...[...seen].filter((id) => !gone.has(id)),
      ...doubtful,
    ]);
    return ids.slice(0, NAMED);
  }

  /** @returns how many copies were to be deleted: the queue is asked again whether they are gone */
  private async settle(marker: string, watched: WatchedMarker, found: readonly FoundMember[]): Promise<number> {
    const { seen, gone } = watched;
    const { count, copies, instead } = surplusOf(found, watched, this.reported, seen);
    const fresh = copies.filter(({ id }) => !seen.has(id));
    for (const [id, other] of instead) watched.instead.set(id, other);
    const there = new Set(found.map(({ id }) => id));
    const isCopy = new Set(copies.map(({ id }) => id));
    for (const id of [...seen]) {
      // Whoever has lost all others like him is no copy any more.
      if (there.has(id) && !isCopy.has(id)) seen.delete(id);
      if (there.has(id)) gone.delete(id);
      else gone.add(id);
    }
    for (const { id } of fresh) seen.add(id);
    const unnamed = count - copies.length;
    watched.unnamed = fresh.length > 0 ? unnamed : Math.max(watched.unnamed, unnamed);
    watched.unnamedGone = watched.unnamed - unnamed;
    const others = found.filter(({ id }) => !isCopy.has(id) && !this.reported.has(id));
    watched.doubtful = unnamed > 0 ? others.slice(-unnamed).map(({ id }) => id) : [];
    // Before the first is deleted: a process that is killed meanwhile would not know how many there were.
    await this.count(marker, watched, fresh);
    let left = 0;
    for (const copy of copies) {
      if (wasCalled(copy) || !this.mayDelete) continue;
      if (await this.remove(copy.id)) watched.deleted.add(copy.id);
      left++;
    }
    const isOut = (id: string): boolean => gone.has(id) || watched.deleted.has(id);
    watched.ids = watched.ids.map((id) => (isOut(id) ? (watched.instead.get(id) ?? id) : id));
    await this.count(marker, watched);
    return this.mayDelete ? left : 0;
  }

  /** Brings the run's numbers up to date. @param fresh copies that were not known before: the journal has them at once */
  private async count(marker: string, watched: WatchedMarker, fresh: readonly FoundMember[] = []): Promise<void> {
    const { tally, journal } = this.run;
    const { seen, gone, unnamed, unnamedGone, counted, instead } = watched;
    const doubled = seen.size + unnamed - counted.doubled;
    const removed = gone.size + unnamedGone - counted.removed;
    if (doubled === 0 && removed === 0 && fresh.length === 0) return;
    countMembers({ doubled, removed });
    for (const numbers of [counted, tally]) {
      numbers.doubled += doubled;
      numbers.removed += removed;
    }
    const line = { copies: marker, doubled, removed };
    if (fresh.length === 0) journal.note(line);
    else await journal.append({ ...line, ids: fresh.map(({ id }) => id), instead: [...instead] });
  }

  /** Reports the members that stay in the place of others that were reported before and are deleted. */
  private correct(marker: string, { rows, ids }: WatchedMarker, before: readonly string[]): void {
    const numbers = fromRanges(rows);
    if (numbers.length !== ids.length) return;
    const corrected = numbers.map((row, at) => [row, ids[at]] as const).filter(([, id], at) => id !== before[at]);
    const batch = Number(/-(\d+)[a-z]*$/.exec(marker)?.[1]);
    if (corrected.length > 0) this.run.onCorrected(batch, Object.fromEntries(corrected) as Record<string, string>);
  }

  /** False when the member is in an attempt, or nobody knows. */
  private async remove(id: string): Promise<boolean> {
    const { api, queueId } = this.run;
    try {
      return await api.deleteMember(queueId, id, this.signal);
    } catch (error) {
      // A token without the right leaves the copies to the report.
      if ((error as { code?: unknown }).code === 403) this.mayDelete = false;
      return false;
    }
  }
}
