/** One writer per journal. */
import assert from "node:assert/strict";
import { type Clock, install } from "@sinonjs/fake-timers";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ContactCenterError } from "../../../lib/core/errors.js";
import { JournalFolder } from "../../../lib/webitel/upload/journal-folder.js";
import { acquireLock, isOwnLock, lockHolder } from "../../../lib/webitel/upload/lock.js";
import { Journal } from "../../../lib/webitel/upload/journal.js";
import { inFakeTime } from "../../support/webitel/timed-webitel.js";

describe("lib/webitel/upload/lock", () => {
  let folder: string;
  let journal: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cc-lock-"));
    journal = join(folder, "j.jsonl");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const left = (holder: object, ageMs: number): string => {
    const path = `${journal}.abc.lock`;
    writeFileSync(
      path,
      JSON.stringify({ pid: 1, host: "elsewhere", since: "2026-01-01T00:00:00Z", space: "x", ...holder }),
    );
    const at = new Date(Date.now() - ageMs);
    utimesSync(path, at, at);
    return path;
  };

  /** What a lock of this process says. */
  const holderHere = async (): Promise<{ space: string }> => {
    const other = join(folder, "here");
    const lock = await acquireLock(other);
    const holder = await lockHolder(other);
    await lock.release();
    assert.ok(holder);
    return holder;
  };

  it("is held by one, named to the other, and free again afterwards", async () => {
    const lock = await acquireLock(journal);
    const since = (await lockHolder(journal))?.since;
    await assert.rejects(acquireLock(journal), {
      code: "EINVALID",
      key: "webitel.errors.resume.locked",
      params: { pid: process.pid, host: hostname(), since },
    });
    await lock.release();
    assert.deepEqual(readdirSync(folder), []);
    await (await acquireLock(journal)).release();
  });

  it("says with path and the system's code that it cannot be written, and that its folder cannot be made", async () => {
    const key = "webitel.errors.journal-lock";
    const missing = join(folder, "missing", "j.jsonl");
    await assert.rejects(acquireLock(missing), (error: ContactCenterError) => {
      assert.deepEqual([error.code, error.key, error.params["code"]], ["ENOENT", key, "ENOENT"]);
      return String(error.params["path"]).startsWith(missing);
    });
    writeFileSync(journal, "");
    const files = new JournalFolder(journal, "n1");
    const isFile = { code: "EEXIST", key, params: { path: journal, code: "EEXIST" } };
    await assert.rejects(files.acquireInput("10", "hash"), isFile);
    await assert.rejects(files.create({ run: "r", queue: "10", input: "", started: 0 }), isFile);
  });

  it("is had by one of many that come at the same moment", async () => {
    const won = (await Promise.allSettled(Array.from({ length: 8 }, () => acquireLock(journal)))).filter(
      ({ status }) => status === "fulfilled",
    );
    assert.equal(won.length, 1);
    assert.equal(readdirSync(folder).length, 1);
  });

  it("is held by a process on another machine that shows signs of life, and not by one that shows none", async () => {
    const path = left({}, 5000);
    const beats = setInterval(() => utimesSync(path, new Date(), new Date()), 100);
    await assert.rejects(acquireLock(journal), /process 1 on elsewhere/);
    clearInterval(beats);
    left({}, 700_000);
    const lock = await acquireLock(journal);
    assert.equal(readdirSync(folder).length, 1);
    await lock.release();
  });

  for (const [what, ageMs] of [
    ["whose clock is ours: a container started again", 3000],
    ["whose clock is slow", 120_000],
    ["whose clock is fast", -120_000],
  ] as const) {
    it(`is watched for a heartbeat where nobody can say whether its process lives, ${what}`, async () => {
      const path = left({ pid: process.pid, host: hostname() }, ageMs);
      const lock = await inFakeTime(async () => {
        const begunMs = Date.now();
        const acquired = await acquireLock(journal);
        assert.ok(Date.now() - begunMs >= 20_000);
        return acquired;
      });
      assert.ok(!existsSync(path));
      await lock.release();
    });
  }

  it("is not waited for again when another lock of the same dead process was", async () => {
    const other = join(folder, "k.jsonl");
    left({}, 0);
    writeFileSync(`${other}.abc.lock`, JSON.stringify({ pid: 1, host: "elsewhere", since: "", space: "x" }));
    const waitedMs = await inFakeTime(async () => {
      const begunMs = Date.now();
      for (const name of [journal, other]) await (await acquireLock(name)).release();
      return Date.now() - begunMs;
    });
    assert.ok(waitedMs < 30_000, `${waitedMs}`);
  });

  it("is not waited for when its node is closed", async () => {
    left({}, 0);
    const closer = new AbortController();
    const acquired = acquireLock(journal, closer.signal);
    closer.abort(new Error("closed"));
    await assert.rejects(acquired, /closed/);
  });

  it("is another process' when it has our number, and not our time", async () => {
    const lock = await acquireLock(journal);
    const holder = await lockHolder(journal);
    assert.ok(holder && isOwnLock(holder) && !isOwnLock({ ...holder, since: "2026-01-01T00:00:00Z" }));
    await lock.release();
  });

  it("is free at once when its process was killed", async () => {
    const holder = resolve(__dirname, "../../support/webitel/lock-holder.ts");
    const child = spawn(process.execPath, ["--import", "tsx", holder, journal], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    await assert.rejects(acquireLock(journal), new RegExp(`process ${child.pid} on`));
    child.kill("SIGKILL");
    await once(child, "exit");
    await (await acquireLock(journal)).release();
  });

  describe("when the clock is set meanwhile", () => {
    const HOUR_MS = 3_600_000;
    let clock: Clock;
    beforeEach(() => (clock = install({ now: Date.now(), toFake: ["Date"] })));
    afterEach(() => clock.uninstall());

    it("is not taken from a process that lives, however old its last heartbeat looks", async () => {
      for (const [owner, space] of [
        [process.ppid, (await holderHere()).space],
        [1, "x"],
      ] as const) {
        const path = left({ pid: owner, space }, 0);
        const beats = setInterval(() => utimesSync(path, new Date(), new Date()), 300);
        clock.setSystemTime(Date.now() + HOUR_MS);
        await assert.rejects(acquireLock(journal), { key: "webitel.errors.resume.locked" });
        clearInterval(beats);
        assert.ok(existsSync(path));
        rmSync(path);
        clock.setSystemTime(Date.now() - HOUR_MS);
      }
    });

    for (const hours of [1, -1])
      it(`notices that it was lost, ${hours} h`, async () => {
        const lock = await acquireLock(journal);
        for (const name of readdirSync(folder)) rmSync(join(folder, name));
        clock.setSystemTime(Date.now() + hours * HOUR_MS);
        // Backwards it is noticed when time has passed; forwards the machine may have slept.
        if (hours < 0) Object.assign(lock, { beatMs: -Infinity });
        await assert.rejects(lock.verify(), { key: "webitel.errors.resume.locked" });
        await lock.release();
      });
  });

  it("is given up by a dead process after 20 s, though the clock is set back meanwhile", async () => {
    left({}, 0);
    const waitedMs = await inFakeTime(async (clock) => {
      const begunMs = performance.now();
      setTimeout(() => clock.setSystemTime(Date.now() - 3_600_000), 5000);
      await (await acquireLock(journal)).release();
      return performance.now() - begunMs;
    });
    assert.ok(waitedMs >= 20_000 && waitedMs < 30_000, `${waitedMs}`);
  });

  it("is noticed as lost before anything is sent", async () => {
    const lock = await acquireLock(journal);
    const written = new Journal(journal, { run: "r", queue: "1", input: "", started: 0 }, [lock]);
    await written.append({ send: "r-1", batch: 1, rows: [[1, 1]] });
    // This process stood still for so long that another one has taken over.
    for (const name of readdirSync(folder)) if (name.endsWith(".lock")) rmSync(join(folder, name));
    Object.assign(lock, { beatMs: -Infinity });
    await assert.rejects(written.append({ send: "r-2", batch: 2, rows: [[2, 2]] }), { code: "EINVALID" });
    await written.close();
  });
});
