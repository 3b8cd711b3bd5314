/** How far the events of each node have been read, as an earlier run left it on disk. */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { setBackMs, type Stamp, STEADY } from "../../lib/core/clock.js";
import { type Subject, subjectKey } from "../../lib/rte/subject.js";
import type { StateFile } from "../shared/state-file.js";

/**
 * Until when each node has got every event, Unix milliseconds, by the node's id; and since when events of a refused
 * subscription are lost, by {@link itemKey}.
 */
export type Progress = Record<string, number>;

/** What the file has: times by the clock of the machine as it was set then, and when they were `written`. */
export type WrittenProgress = Record<string, number | Stamp>;

/** The place of a node's refused subscription. */
export function itemKey(id: string, subject: Subject): string {
  return `${id} ${createHash("sha256").update(subjectKey(subject)).digest("base64url").slice(0, 16)}`;
}

/** The id of the node. */
export function nodeOf(key: string): string {
  return key.split(" ", 1)[0] ?? "";
}

/** How long, in milliseconds, and how many notes of absent nodes are kept. */
const ABSENT_MS = 7 * 86_400_000;
const MAX_ABSENT = 100;

/** Drops what is old, or too much, of nodes that are not there; one that is disabled may come back. */
export function lasting(progress: Progress, isThere: (id: string) => boolean): Progress {
  let room = MAX_ABSENT;
  return Object.fromEntries(
    Object.entries(progress)
      .sort(([, one], [, other]) => other - one)
      .filter(([key, ms]) => isThere(nodeOf(key)) || (ms > STEADY.now() - ABSENT_MS && room-- > 0)),
  );
}

/** What is known of an earlier run. */
export interface EarlierProgress {
  /** Until when each node had got every event, where that is known. */
  progress: Progress;
  /**
   * The file is unusable, or part of it is: from when a gap is reported to a node of which nothing is known, Unix
   * milliseconds. Undefined while all is well, also when there was no earlier run.
   */
  otherwiseMs?: number;
  /** Why, for the log. */
  why?: string;
}

/** A file may have been damaged a while after what it said; milliseconds. */
const DAMAGE_MS = 5000;

/** A while before the file was last written; the start of this process where that cannot be known. */
async function lastWrittenMs(path: string): Promise<number | undefined> {
  try {
    const { mtimeMs } = await stat(path);
    return Math.floor(mtimeMs <= Date.now() ? mtimeMs - DAMAGE_MS : performance.timeOrigin);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : Math.floor(performance.timeOrigin);
  }
}

/** Reads what an earlier run left. The file is foreign: what is no time of the past is not believed. */
export async function readEarlier(file: StateFile<WrittenProgress>): Promise<EarlierProgress> {
  // Taken first: the time before this run writes.
  const otherwiseMs = await lastWrittenMs(file.path);
  if (otherwiseMs === undefined) return { progress: {} };
  let content: unknown;
  try {
    content = await file.read();
  } catch (error) {
    return { progress: {}, otherwiseMs, why: (error as Error).message };
  }
  if (typeof content !== "object" || content === null || Array.isArray(content))
    return { progress: {}, otherwiseMs, why: `${file.path} has no JSON object.` };
  const { written, ...times } = content as Record<string, unknown>;
  const backMs = setBackMs(written);
  const entries = Object.entries(times);
  const progress: Progress = {};
  for (const [id, time] of entries) {
    const ms = typeof time === "number" ? time - backMs : NaN;
    if (ms >= 0 && ms <= Date.now()) progress[id] = ms;
  }
  if (Object.keys(progress).length === entries.length) return { progress };
  for (const [id] of entries) progress[id] ??= otherwiseMs;
  return { progress, why: `${file.path} has a time that is none, or is in the future.` };
}
