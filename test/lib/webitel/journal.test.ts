import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContactCenterError } from "../../../lib/core/errors.js";
import { JournalFolder } from "../../../lib/webitel/upload/journal-folder.js";
import { Journal, type JournalLine } from "../../../lib/webitel/upload/journal.js";
import { readJournal } from "../../../lib/webitel/upload/journal-reader.js";
import type { Again } from "../../../lib/webitel/tables.js";
import { beginRun, type OpenedRun, resumeRun, type SkippedRun } from "../../../lib/webitel/upload/open.js";
import type { Report } from "../../../lib/webitel/upload/report.js";
import { fromRanges, RowSet, toRanges } from "../../../lib/webitel/upload/rows.js";
import { listSource } from "../../../lib/webitel/upload/source.js";
import { until } from "../../support/wait.js";

const head = { run: "r1", queue: "10", input: "hash", started: 5 };

describe("lib/webitel/upload/rows", () => {
  it("writes row numbers as ranges and back", () => {
    assert.deepEqual(toRanges([1, 2, 3, 7, 9, 10]), [
      [1, 3],
      [7, 7],
      [9, 10],
    ]);
    assert.deepEqual(
      fromRanges([
        [1, 3],
        [7, 7],
      ]),
      [1, 2, 3, 7],
    );
  });

  it("finds rows in ranges that came in any order and overlap", () => {
    const set = new RowSet();
    set.add([[50, 60]]);
    assert.ok(set.has(55) && !set.has(49));
    set.add([
      [1, 10],
      [8, 20],
      [21, 30],
    ]);
    assert.deepEqual(
      [0, 1, 20, 21, 30, 31, 49, 50, 60, 61].filter((row) => set.has(row)),
      [1, 20, 21, 30, 50, 60],
    );
  });
});

describe("lib/webitel/upload/journal", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cc-journal-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function written(): Promise<string> {
    const path = join(folder, "j.jsonl");
    const journal = new Journal(path, head);
    await journal.append({ send: "r1-1", batch: 1, rows: [[1, 2]] });
    journal.note({ ok: "r1-1", ids: ["a", "b"] });
    journal.note({
      done: 1,
      rows: [[1, 3]],
      accepted: 2,
      rejected: 1,
      uncertain: 0,
      duplicates: 0,
      doubled: 0,
      removed: 0,
    });
    await journal.append({ send: "r1-2", batch: 2, rows: [[4, 5]] });
    await journal.append({ send: "r1-3", batch: 3, rows: [[6, 9]] });
    journal.note({ no: "r1-3" });
    await journal.append({ send: "r1-3a", batch: 3, rows: [[6, 7]] });
    journal.note({ ok: "r1-3a" });
    await journal.close();
    return path;
  }

  it("remembers what is done, what arrived and what is open", async () => {
    const told = await readJournal(await written());
    assert.deepEqual(told?.head, head);
    assert.deepEqual(told.counts, { accepted: 2, rejected: 1, uncertain: 0, duplicates: 0, doubled: 0, removed: 0 });
    assert.deepEqual(told.parts, [
      { marker: "r1-2", batch: 2, rows: [[4, 5]] },
      { marker: "r1-3a", batch: 3, rows: [[6, 7]], ok: {} },
    ]);
    assert.ok(told.handled.has(3) && !told.handled.has(4));
    assert.equal(told.lastBatch, 3);
    assert.equal(told.ended, false);
  });

  it("skips a line that a kill tore, and goes on behind it", async () => {
    const path = await written();
    truncateSync(path, readFileSync(path).length - 8);
    assert.equal((await readJournal(path))?.parts[1]?.ok, undefined);
    const journal = new Journal(path);
    await journal.append({ send: "r1-4", batch: 4, rows: [[10, 10]] });
    await journal.close();
    assert.deepEqual(
      (await readJournal(path))?.parts.map(({ marker }) => marker),
      ["r1-2", "r1-3a", "r1-4"],
    );
  });

  it("reads the lines of copies that earlier versions wrote, without ids, and new ones behind them", async () => {
    const path = join(folder, "old.jsonl");
    const lines: object[] = [
      head,
      { send: "r1-1", batch: 1, rows: [[1, 3]] },
      { watch: "r1-1", keep: 3, until: 5 },
      { ok: "r1-1", ids: ["a", "b", "c"] },
      { copies: "r1-1", doubled: 3, removed: 2 },
    ];
    const write = (): void => writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    write();
    const old = await readJournal(path);
    assert.deepEqual([old?.counts.doubled, old?.counts.removed], [3, 2]);
    assert.deepEqual(old?.watches, [{ marker: "r1-1", keep: 3, untilMs: 5, rows: [], ids: ["a", "b", "c"] }]);
    lines.push({ copies: "r1-1", doubled: 1, removed: 0, ids: ["d"] }, { copies: "r1-1", doubled: 0, removed: 1 });
    write();
    const more = await readJournal(path);
    assert.deepEqual([more?.counts.doubled, more?.counts.removed], [4, 3]);
    assert.deepEqual(more?.watches[0]?.copies, { doubled: 1, removed: 1, ids: ["d"], instead: [] });
    lines.push({ checked: "r1-1" });
    write();
    assert.deepEqual((await readJournal(path))?.watches, []);
  });

  it("never changes what is written", async () => {
    const path = await written();
    const before = readFileSync(path, "utf8");
    const journal = new Journal(path);
    journal.note({ no: "r1-2" });
    await journal.close();
    assert.ok(readFileSync(path, "utf8").startsWith(before));
  });

  it("fails with the system's word when the disk is full, and then for good", async () => {
    const journal = new Journal("/dev/full", head);
    await assert.rejects(journal.append({ send: "r1-1", batch: 1, rows: [[1, 1]] }), {
      code: "ENOSPC",
      key: "webitel.errors.journal",
    });
    await assert.rejects(journal.append({ send: "r1-2", batch: 2, rows: [[2, 2]] }), { code: "ENOSPC" });
    await journal.close();
  });

  it("knows the journals of one node, newest first, and keeps a few, and those that did not end", async () => {
    const own = new JournalFolder(folder, "n1", 2);
    for (const run of ["000a", "000c", "000b"]) {
      const journal = await own.create({ ...head, run });
      journal.note({ no: "x" });
      if (run !== "000a") journal.note({ end: { runId: run } as Report });
      await journal.close();
    }
    writeFileSync(join(folder, "webitel-n1-000d.jsonl"), "not ours\n");
    appendFileSync(join(folder, "webitel-n2-000e.jsonl"), `${JSON.stringify(head)}\n`);
    assert.deepEqual(
      (await own.runs()).map((run) => run.head.run),
      ["000c", "000b", "000a"],
    );
    // Of a node that is gone, and more than a month old.
    const old = new Date(Date.now() - 31 * 24 * 3_600_000);
    writeFileSync(join(folder, "webitel-gone-0001.jsonl"), `${JSON.stringify(head)}\n`);
    utimesSync(join(folder, "webitel-gone-0001.jsonl"), old, old);
    await own.tidy();
    assert.deepEqual(readdirSync(folder).sort(), [
      "webitel-n1-000a.jsonl",
      "webitel-n1-000c.jsonl",
      "webitel-n1-000d.jsonl",
      "webitel-n2-000e.jsonl",
    ]);
  });

  it("is opened by one of several processes that get the same list at the same moment", async () => {
    const source = listSource([{ destination: "1" }]);
    // A folder object for each, as each process has its own.
    const begin = (owner = "n1"): Promise<OpenedRun | SkippedRun> =>
      beginRun(new JournalFolder(folder, owner), "10", source, "resume");
    const runs = await Promise.all(Array.from({ length: 4 }, () => begin()));
    const opened = runs.filter((run): run is OpenedRun => !("skipped" in run));
    assert.deepEqual(
      [opened.length, runs.filter((run) => "skipped" in run && run.skipped === "running").length],
      [1, 3],
    );
    const other = (await begin("n2")) as OpenedRun;
    const again = (await beginRun(new JournalFolder(folder, "n1"), "10", source, "load")) as OpenedRun;
    for (const { journal } of [...opened, other, again]) await journal.close();
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith(".lock")),
      [],
    );
  });

  it("writes notes along with the line that follows, and alone when none does", async () => {
    const path = join(folder, "notes.jsonl");
    const journal = new Journal(path, head);
    const lines = (): string[] => readFileSync(path, "utf8").trim().split("\n");
    journal.note({ ok: "r1-1" });
    journal.note({ no: "r1-2" });
    await journal.append({ send: "r1-3", batch: 3, rows: [[1, 1]] });
    assert.deepEqual(lines().slice(1), ['{"ok":"r1-1"}', '{"no":"r1-2"}', '{"send":"r1-3","batch":3,"rows":[[1,1]]}']);
    journal.note({ ok: "r1-3" });
    await until("the note is written", () => lines().length === 5);
    journal.note({ checked: "r1-3" });
    await journal.close();
    assert.equal(lines()[5], '{"checked":"r1-3"}');
  });

  it("is named when its first line is damaged, so that nobody takes it for nothing to resume", async () => {
    const source = listSource([{ destination: "1" }]);
    const runs = new JournalFolder(folder, "n1");
    await assert.rejects(resumeRun(runs, "10", source), { key: "webitel.errors.resume.nothing" });
    const run = (await beginRun(runs, "10", source, "resume")) as OpenedRun;
    await run.journal.append({ send: "m", batch: 1, rows: [[1, 1]] });
    await run.journal.close();
    const { path } = run.journal;
    writeFileSync(path, readFileSync(path, "utf8").replace('{"run"', "\0\0\0"));
    await assert.rejects(resumeRun(runs, "10", source), (error: Error) => {
      assert.equal((error as ContactCenterError).key, "webitel.errors.resume.damaged");
      return error.message.includes(path);
    });
    // A plain message must not load what may be in the queue already.
    for (const again of ["resume", "skip"] as const)
      await assert.rejects(beginRun(runs, "10", source, again), { key: "webitel.errors.resume.damaged" });
    const all = (await beginRun(runs, "10", source, "load")) as OpenedRun;
    assert.equal(all.before, undefined);
    await all.journal.close();
    appendFileSync(path, '{"end":{}}\n');
    await assert.rejects(resumeRun(runs, "10", source), { key: "webitel.errors.resume.nothing" });
    const free = (await beginRun(runs, "10", source, "resume")) as OpenedRun;
    await free.journal.close();
  });

  it("does not stop an upload when nothing was sent under its damaged first line, or when it is older", async () => {
    const source = listSource([{ destination: "1" }]);
    const runs = new JournalFolder(folder, "n1");
    writeFileSync(join(folder, "webitel-n1-000000001.jsonl"), '{"run"');
    const run = (await beginRun(runs, "10", source, "resume")) as OpenedRun;
    await run.journal.append({ end: {} as Report });
    await run.journal.close();
    writeFileSync(join(folder, "webitel-n1-000000002.jsonl"), '\0\n{"send":"m"}\n');
    const again = (await beginRun(runs, "10", source, "resume")) as OpenedRun;
    await again.journal.close();
    await assert.rejects(beginRun(runs, "10", listSource([{ destination: "2" }]), "resume"), {
      key: "webitel.errors.resume.damaged",
    });
  });

  it("says when the same list was loaded before, to its end", async () => {
    const runs = new JournalFolder(folder, "n1");
    const begun = async (again: Again, line?: JournalLine, queue = "10", isStart = false): Promise<OpenedRun> => {
      const run = (await beginRun(runs, queue, listSource([{ destination: "1" }]), again, isStart)) as OpenedRun;
      await run.journal.append({ send: "m", batch: 1, rows: [[1, 1]] });
      if (line) await run.journal.append(line);
      await run.journal.close();
      return run;
    };
    const first = await begun("resume", { end: {} as Report });
    assert.equal(first.loadedBefore, undefined);
    const at = new Date(first.startedMs).toISOString();
    assert.equal((await begun("resume", { end: {} as Report }, "11")).loadedBefore, undefined);
    const second = await begun("skip", { end: {} as Report }, "10", true);
    assert.equal(second.loadedBefore, at);
    const third = await begun("load");
    assert.equal(third.loadedBefore, new Date(second.startedMs).toISOString());
    // Unfinished: it is continued, and nothing of it twice.
    assert.equal((await begun("resume")).loadedBefore, undefined);
  });

  describe("of a cancelled run", () => {
    const source = listSource([{ destination: "1" }]);
    const cancelled = async (): Promise<{ runs: JournalFolder; runId: string }> => {
      const runs = new JournalFolder(folder, "n1");
      const first = (await beginRun(runs, "10", source, "resume")) as OpenedRun;
      await first.journal.append({ send: "m", batch: 1, rows: [[1, 1]] });
      await first.journal.append({ cancelled: {} as Report });
      await first.journal.close();
      return { runs, runId: first.runId };
    };
    const begun = async (runs: JournalFolder, ...how: [Again, boolean?]): Promise<string> => {
      const run = await beginRun(runs, "10", source, ...how);
      if ("journal" in run) await run.journal.close();
      return run.runId;
    };

    it("is continued by the same list, and skipped where that is wanted", async () => {
      const { runs, runId } = await cancelled();
      assert.equal(await begun(runs, "resume"), runId);
      assert.deepEqual(await beginRun(runs, "10", source, "skip"), { runId, skipped: "unfinished" });
    });

    it("is continued by start", async () => {
      const { runs, runId } = await cancelled();
      for (const again of ["resume", "skip"] as const) assert.equal(await begun(runs, again, true), runId);
    });

    it("is begun anew by start where all is to be loaded again", async () => {
      const { runs, runId } = await cancelled();
      assert.notEqual(await begun(runs, "load", true), runId);
    });

    it("is continued by start also where all is to be loaded again, once its rest was begun", async () => {
      const { runs, runId } = await cancelled();
      const rest = await resumeRun(runs, "10", source);
      await rest.journal.append({ send: "m2", batch: 2, rows: [[1, 1]] });
      await rest.journal.close();
      assert.equal(await begun(runs, "load", true), runId);
    });
  });

  it("is not opened while another process is at the same list, which is named", async () => {
    const source = listSource([{ destination: "1" }]);
    const runs = new JournalFolder(folder, "n1");
    const input = await runs.acquireInput("10", (await source.measure()).fingerprint);
    const [name = ""] = readdirSync(folder);
    const holder = { pid: 1, host: "elsewhere", since: "2026-01-01T00:00:00Z", space: "x" };
    const foreign = join(folder, name.replace(/[^.]+\.lock$/, "abc.lock"));
    writeFileSync(foreign, JSON.stringify(holder));
    await input?.release();
    const beats = setInterval(() => utimesSync(foreign, new Date(), new Date()), 100);
    assert.deepEqual(await beginRun(runs, "10", source, "resume"), {
      runId: "",
      skipped: "running",
      holder: { pid: 1, host: "elsewhere", since: "2026-01-01T00:00:00Z" },
    });
    clearInterval(beats);
    const old = new Date(Date.now() - 700_000);
    utimesSync(foreign, old, old);
    await runs.tidy();
    assert.deepEqual(readdirSync(folder), []);
  });
});
