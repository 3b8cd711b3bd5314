/** The end of a run whose journal cannot be written to its end. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { JournalFolder } from "../../../lib/webitel/upload/journal-folder.js";
import { beginRun, type OpenedRun } from "../../../lib/webitel/upload/open.js";
import { listSource } from "../../../lib/webitel/upload/source.js";
import { eachWithHarness, numbers, people, upTo } from "../../support/webitel/bench-run.js";
import { withFullDisk } from "../../support/webitel/full-disk.js";

describe("lib/webitel/upload, no room for the journal's end", () => {
  const harness = eachWithHarness();
  const list = people(20, (row) => (row % 5 === 0 ? { destination: "abc" } : {}));
  const journals = (): string[] => readdirSync(harness.bench.folder).filter((name) => name.endsWith(".jsonl"));

  for (const [what, word, isKnown] of [
    ["what is done", '"done":2', true],
    ["the report", '"end":', false],
    ["the room for the report", "   \n", true],
  ] as const) {
    it(`says it, and takes the same list for a new one afterwards: ${what}`, async () => {
      const events: unknown[] = [];
      const { upload, rows } = await harness.prepare(list, {
        onJournalFault: ({ code, key }) => events.push([code, key]),
        onReport: (report) => void events.push(numbers(report)),
      });
      await withFullDisk(
        (text) => text.includes(word),
        () => upload.run(rows),
      );
      const fault = ["ENOSPC", "webitel.errors.journal-end"];
      assert.deepEqual(events, isKnown ? [fault, [20, 16, 4, 0, 2]] : [[20, 16, 4, 0, 2], fault]);
      assert.deepEqual(journals(), []);
      const again = (await beginRun(
        new JournalFolder(harness.bench.folder, "test"),
        "10",
        listSource(list),
        "resume",
      )) as OpenedRun;
      assert.equal(again.before, undefined);
      await again.journal.close();
    });
  }

  it("keeps the journal of a cancelled run, and loads the rest once", async () => {
    const faults: unknown[] = [];
    const { upload, rows } = await harness.prepare(people(40), {
      onBatch: ({ batch }) => void (batch === 2 && upload.cancel()),
      onJournalFault: ({ code, key }) => faults.push([code, key]),
    });
    await withFullDisk(
      (text) => text.includes('"cancelled":'),
      () => upload.run(rows),
    );
    assert.deepEqual(faults, [["ENOSPC", "webitel.errors.journal-cancelled"]]);
    const rest = await harness.bench.prepare(people(40), { resume: true });
    assert.deepEqual(numbers(await rest.upload.run(rest.rows)).slice(0, 2), [40, 40]);
    assert.deepEqual(harness.bench.loaded(), upTo(40));
  });
});
