/** Finished runs as lines of JSON, a file for each day (UTC): `<folder>/2026-11-22.jsonl`, mode 0600. */
import { appendFileSync, mkdirSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

const DAY_MS = 86_400_000;
const NAME = /^(\d{4}-\d\d-\d\d)\.jsonl$/;

/** The files of one installation; one process writes them. */
export class RunFiles {
  private lines: string[] = [];
  /** What is done with the files follows each other. */
  private last: Promise<unknown> = Promise.resolve();

  /** @param days files older than so many days are removed */
  constructor(
    private readonly folder: string,
    private readonly days: number,
  ) {}

  /** Keeps a run for the next {@link write}. */
  add(run: object): void {
    this.lines.push(JSON.stringify(run));
  }

  /**
   * Writes what was added, and removes what is too old.
   * @throws what the file system says; then what was added is lost
   */
  async write(now = Date.now()): Promise<void> {
    return this.after(async () => {
      const text = this.take();
      if (text !== "") {
        await mkdir(this.folder, { recursive: true, mode: 0o700 });
        await appendFile(this.file(now), text, { mode: 0o600 });
      }
      const oldest = dayOf(now - this.days * DAY_MS);
      for (const file of await this.files()) if (file < oldest) await unlink(join(this.folder, file));
    });
  }

  /** Writes what was added before it returns: the process is about to end. @throws what the file system says */
  writeNow(now = Date.now()): void {
    const text = this.take();
    if (text === "") return;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    appendFileSync(this.file(now), text, { mode: 0o600 });
  }

  /**
   * Removes runs from the files and from what was added.
   * @param isMeant says it of a run's JSON
   * @returns how many
   * @throws what the file system says; then some may be left
   */
  async forget(isMeant: (line: string) => boolean): Promise<number> {
    return this.after(async () => {
      let count = this.lines.length;
      this.lines = this.lines.filter((line) => !isMeant(line));
      count -= this.lines.length;
      for (const name of await this.files()) {
        const file = join(this.folder, name);
        const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
        const kept = lines.filter((line) => !isMeant(line));
        if (kept.length === lines.length) continue;
        count += lines.length - kept.length;
        await writeFile(`${file}.tmp`, kept.map((line) => `${line}\n`).join(""), { mode: 0o600 });
        await rename(`${file}.tmp`, file);
      }
      return count;
    });
  }

  private take(): string {
    return this.lines
      .splice(0)
      .map((line) => `${line}\n`)
      .join("");
  }

  private file(now: number): string {
    return join(this.folder, `${dayOf(now)}.jsonl`);
  }

  private async files(): Promise<string[]> {
    const names = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    return names.filter((name) => NAME.test(name));
  }

  private after<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
