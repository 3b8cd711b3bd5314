import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { NodeAPI } from "node-red";
import { FileHeldError, StateFile, stateFile } from "../../../nodes/shared/state-file.js";

describe("nodes/shared/state-file", () => {
  let userDir: string;
  const file = (name = "state"): StateFile<object> =>
    stateFile<object>({ settings: { userDir } } as unknown as NodeAPI, name);
  const folder = (): string => join(userDir, "contact-center");
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), "cc-state-"));
  });
  afterEach(() => rmSync(userDir, { recursive: true, force: true }));

  it("reads what was written, in a file that only its owner can read", async () => {
    assert.equal(await file().read(), undefined);
    await file().write({ ids: ["a"] });
    assert.deepEqual(await file().read(), { ids: ["a"] });
    assert.equal(statSync(join(folder(), "state.json")).mode & 0o777, 0o600);
  });

  it("writes the latest of what comes at once, and leaves no draft", async () => {
    const writes = Array.from({ length: 50 }, (_, at) => file().write({ at }));
    await Promise.all(writes);
    assert.deepEqual(await file().read(), { at: 49 });
    assert.deepEqual(readdirSync(folder()).toSorted(), ["state.json", "state.json.lock"]);
  });

  it("keeps a name within its folder", async () => {
    await file("../x/y").write({});
    assert.ok(readdirSync(folder()).includes(".._x_y.json"));
  });

  it("counts a torn file as none", async () => {
    await file().write({});
    writeFileSync(join(folder(), "state.json"), '{"ids": [');
    assert.equal(await file().read(), undefined);
  });

  it("sets a torn file aside, and makes a new one", async () => {
    assert.equal(await file().setAside(), undefined);
    await file().write({});
    writeFileSync(join(folder(), "state.json"), "");
    assert.equal((await file().setAside())?.path, join(folder(), "state.json.damaged"));
    await file().write({ ids: [] });
    assert.deepEqual(await file().read(), { ids: [] });
    assert.equal(readFileSync(join(folder(), "state.json.damaged"), "utf8"), "");
  });

  it("is had by one of two processes that find the lock of a dead one at the same moment", async () => {
    const files = 200;
    mkdirSync(folder());
    for (let at = 0; at < files; at++)
      writeFileSync(join(folder(), `${at}.json.lock`), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
    const script = resolve("test/support/state-file-race.ts");
    const racers = Array.from({ length: 2 }, () =>
      spawn(process.execPath, ["--import", "tsx", script, folder(), `${files}`], {
        stdio: ["pipe", "pipe", "inherit"],
      }),
    );
    await Promise.all(racers.map(({ stdout }) => once(stdout, "data")));
    for (const { stdin } of racers) stdin.write(`${Date.now() + 50}\n`);
    const got = await Promise.all(
      racers.map(async ({ stdout }) => JSON.parse(String((await once(stdout, "data"))[0])) as number[]),
    );
    for (const { stdin } of racers) stdin.end();
    await Promise.all(racers.map((racer) => once(racer, "exit")));
    assert.deepEqual(
      got.flat().sort((a, b) => a - b),
      Array.from({ length: files }, (_, at) => at),
    );
  }).timeout(60_000);

  describe("with another process", () => {
    let other: ChildProcess;
    const lock = (content: object): void => {
      writeFileSync(join(folder(), "held.json.lock"), JSON.stringify(content));
    };
    beforeEach(async () => {
      other = spawn(process.execPath, ["-e", "setInterval(() => 0, 1000)"], { stdio: "ignore" });
      await file("other").write({});
    });
    afterEach(() => void other.kill("SIGKILL"));

    it("says who holds the file, and writes nothing", async () => {
      lock({ pid: other.pid, host: hostname() });
      await assert.rejects(file("held").write({ mine: true }), (error: unknown) => {
        assert.ok(error instanceof FileHeldError);
        assert.equal(error.holder, String(other.pid));
        return true;
      });
      assert.equal(await file("held").read(), undefined);
    });

    it("takes the file of a process that is gone", async () => {
      lock({ pid: other.pid, host: hostname() });
      const gone = new Promise((resolve) => other.once("exit", resolve));
      other.kill("SIGKILL");
      await gone;
      await file("held").write({ mine: true });
      assert.deepEqual(await file("held").read(), { mine: true });
      assert.match(readFileSync(join(folder(), "held.json.lock"), "utf8"), new RegExp(String(process.pid)));
    });
  });
});
