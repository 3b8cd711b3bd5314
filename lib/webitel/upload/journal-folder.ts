/** Where the journals of one node lie: the runs that can be continued, the locks, and how many are kept. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { closedError } from "../errors.js";
import { Journal, type JournalHead } from "./journal.js";
import { parsedLine } from "./journal-reader.js";
import { acquireLock, type JournalLock, liveHolder, lockFault, lockHolder } from "./lock.js";
import type { RunHolder } from "./report.js";

/** Bytes of the last line: a report with the ids of 1000 copies and 1000 batches that were not checked. */
const TAIL_BYTES = 256 * 1024;

/** True when a run has ended: its report is the last thing in the journal. */
export async function isEnded(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.subarray(0, bytesRead).includes('\n{"end":');
  } finally {
    await file.close();
  }
}

/** A journal's first line; undefined when the file is empty, because nothing was sent then. */
async function readHead(path: string): Promise<JournalHead | "damaged" | undefined> {
  for await (const text of createInterface({ input: createReadStream(path, { end: 4096 }) })) {
    const line = parsedLine(text);
    return typeof line?.["run"] === "string" ? (line as unknown as JournalHead) : "damaged";
  }
  return undefined;
}

/** A journal, and its first line. */
interface KnownRun {
  path: string;
  head: JournalHead;
}

const KEPT_MS = 30 * 24 * 3_600_000;

/** Where the journals of one node lie, and how many of them are kept. */
export class JournalFolder {
  /**
   * @param folder made when needed
   * @param owner the node's id
   * @param server see {@link into}
   */
  constructor(
    private readonly folder: string,
    private readonly owner: string,
    private readonly keep = 10,
    private readonly server?: string,
    private readonly closer = new AbortController(),
  ) {}

  /**
   * The same folder for runs into one Webitel: a queue of the same number at another one is another queue.
   * @param server as the client names it
   */
  into(server: string): JournalFolder {
    return new JournalFolder(this.folder, this.owner, this.keep, server, this.closer);
  }

  /**
   * The right to load an input into a queue: a run is only looked for, made or continued by who has it.
   * @returns undefined for an input that cannot be told from others (`fingerprint` is "")
   * @throws ContactCenterError `EINVALID` with the holder's name when another process loads it
   */
  async acquireInput(queueId: string, fingerprint: string): Promise<JournalLock | undefined> {
    if (fingerprint === "") return undefined;
    await this.make();
    const digest = createHash("sha256").update(`${queueId}\n${fingerprint}`).digest("hex").slice(0, 32);
    return acquireLock(join(this.folder, `${this.inputPrefix}${digest}`), this.closer.signal);
  }

  /**
   * A new journal, locked.
   * @param input released with the journal
   */
  async create(head: JournalHead, input?: JournalLock): Promise<Journal> {
    await this.make();
    const path = join(this.folder, `webitel-${this.owner}-${head.run}.jsonl`);
    const placed = this.server === undefined ? head : { ...head, server: this.server };
    return new Journal(path, placed, [await acquireLock(path, this.closer.signal), ...(input ? [input] : [])]);
  }

  /**
   * An old journal to be continued, locked.
   * @param input released with the journal
   * @throws ContactCenterError `EINVALID` when another process writes it
   */
  async continue(path: string, input?: JournalLock): Promise<Journal> {
    return new Journal(path, undefined, [await acquireLock(path, this.closer.signal), ...(input ? [input] : [])]);
  }

  /** The process that is at a journal; undefined for none. */
  holderOf(path: string): Promise<RunHolder | undefined> {
    return liveHolder(path, this.closer.signal);
  }

  /** Ends the wait for another process' sign of life. */
  close(): void {
    this.closer.abort(closedError());
  }

  /** The first lines of this node's journals of runs into this Webitel, newest first. */
  async runs(): Promise<KnownRun[]> {
    return (await this.known()).filter(({ head }) => !this.isElsewhere(head));
  }

  /** The same of runs into other ones. */
  async runsElsewhere(): Promise<KnownRun[]> {
    return (await this.known()).filter(({ head }) => this.isElsewhere(head));
  }

  private isElsewhere({ server }: JournalHead): boolean {
    return server !== undefined && this.server !== undefined && server !== this.server;
  }

  private async known(): Promise<KnownRun[]> {
    return (await this.heads()).filter((run): run is KnownRun => typeof run.head === "object");
  }

  /**
   * The newest of this node's journals whose first line cannot be read, in which something was sent and that has not ended.
   * @param than a journal: only one that is newer
   */
  async damaged(than = ""): Promise<string | undefined> {
    for (const { path, head } of await this.heads()) {
      const text = head === "damaged" && path > than ? await readFile(path, "utf8") : "";
      if (text.includes('\n{"send":') && !text.includes('\n{"end":')) return path;
    }
    return undefined;
  }

  private async heads(): Promise<{ path: string; head: JournalHead | "damaged" | undefined }[]> {
    return Promise.all((await this.paths()).map(async (path) => ({ path, head: await readHead(path) })));
  }

  /**
   * Removes journals of this node that have ended, but the newest, and those of any node that are older than a month: until then
   * what was not loaded to its end can be resumed. Locks of inputs whose process is gone go too.
   * @param keep how many of the newest stay
   */
  async tidy(keep = this.keep): Promise<void> {
    for (const name of await readdir(this.folder).catch(() => [] as string[]))
      if (name.startsWith(this.inputPrefix)) await lockHolder(join(this.folder, name.replace(/\.[^.]+\.lock$/, "")));
    for (const path of (await this.paths()).slice(keep))
      if (await isEnded(path).catch(() => false)) await unlink(path).catch(() => undefined);
    for (const path of await this.paths("webitel-")) {
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
      if (Date.now() - mtimeMs > KEPT_MS && !(await lockHolder(path))) await unlink(path).catch(() => undefined);
    }
  }

  private async make(): Promise<void> {
    await mkdir(this.folder, { recursive: true }).catch((error: unknown) => {
      throw lockFault(error, this.folder);
    });
  }

  private get inputPrefix(): string {
    return `webitel-${this.owner}-input-`;
  }

  /** Journals, newest first: a run's id begins with its time, so the names of one node sort by age. */
  private async paths(prefix = `webitel-${this.owner}-`): Promise<string[]> {
    return (await readdir(this.folder).catch(() => [] as string[]))
      .filter((name) => name.startsWith(prefix) && name.endsWith(".jsonl"))
      .sort()
      .reverse()
      .map((name) => join(this.folder, name));
  }
}
