/** Runs into several Webitels. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContactCenterError } from "../../../lib/core/errors.js";
import { createWebitelClient } from "../../../lib/webitel/client.js";
import { JournalFolder } from "../../../lib/webitel/upload/journal-folder.js";
import { beginRun, type OpenedRun, resumeRun } from "../../../lib/webitel/upload/open.js";
import { listSource } from "../../../lib/webitel/upload/source.js";

describe("lib/webitel/upload/journal of several Webitels", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "journal-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("continues nothing of a run into another Webitel, and says where that went", async () => {
    const runs = new JournalFolder(folder, "n1");
    const source = listSource([{ destination: "1" }]);
    const begun = async (server: string): Promise<OpenedRun> => {
      const run = (await beginRun(runs.into(server), "10", source, "resume")) as OpenedRun;
      await run.journal.append({ send: "m", batch: 1, rows: [[1, 1]] });
      await run.journal.close();
      return run;
    };
    const first = await begun("test.example/api");
    await assert.rejects(resumeRun(runs.into("live.example/api"), "10", source), (error: ContactCenterError) => {
      assert.equal(error.key, "webitel.errors.resume.server");
      assert.match(error.message, /went to test\.example\/api\./);
      return true;
    });
    const other = await begun("live.example/api");
    assert.deepEqual([other.elsewhere, other.before], ["test.example/api", undefined]);
    assert.notEqual(other.runId, first.runId);
    const rest = await begun("test.example/api");
    assert.deepEqual([rest.runId, rest.elsewhere], [first.runId, undefined]);
    // A journal of an earlier version names none.
    const old = (await beginRun(runs, "11", source, "resume")) as OpenedRun;
    await old.journal.append({ send: "m", batch: 1, rows: [[1, 1]] });
    await old.journal.close();
    const continued = await resumeRun(runs.into("live.example/api"), "11", source);
    assert.equal(continued.runId, old.runId);
    await continued.journal.close();
  });

  it("tells them apart by host, port and path", () => {
    const serverOf = (url: string): string => {
      const client = createWebitelClient({ url, token: "t" });
      client.close();
      return client.server;
    };
    for (const same of ["https://Host.example/api", "http://host.example/api/", "https://user@host.example:443/api"])
      assert.equal(serverOf(same), "host.example/api", same);
    for (const other of ["https://host.example:8443/api", "https://host.example/test/api", "https://test.example/api"])
      assert.notEqual(serverOf(other), "host.example/api", other);
  });
});
