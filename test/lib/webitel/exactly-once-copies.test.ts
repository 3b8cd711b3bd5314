/** Copies in the queue, of whose members somebody has deleted or changed some before they are looked for. */
import assert from "node:assert/strict";
import type { FoundMember } from "../../../lib/webitel/types.js";
import { upTo } from "../../support/webitel/bench-run.js";
import { numbers, TimedUploads } from "../../support/webitel/timed-uploads.js";
import { failed, inFakeTime, TimedWebitel } from "../../support/webitel/timed-webitel.js";

describe("lib/webitel/upload, copies in a queue that somebody changes", () => {
  const uploads = new TimedUploads();
  const { upload } = uploads;
  const ofRow3 = ({ members }: TimedWebitel): FoundMember[] =>
    members.filter(({ variables }) => variables?.["row"] === "3");

  for (const [what, remains, after] of [
    ["both members of a row", [], [10, 10, 0, 9, 9]],
    ["the late one", [3], [10, 10, 0, 9, 9]],
    ["the first one", [3], [10, 10, 0, 9, 9]],
  ] as const) {
    it(`removes all other copies when somebody has deleted ${what} before they are looked for`, async () => {
      const webitel = new TimedWebitel([{ answerMs: 100, code: 504, commitMs: 3000 }]);
      const find = webitel.findMembers.bind(webitel);
      webitel.findMembers = (queue, marker) => {
        const { members } = webitel;
        const ofRow = ofRow3(webitel);
        if (ofRow.length === 2)
          for (const [at, member] of ofRow.entries())
            if (what.startsWith("both") || (what === "the first one") === (at === 0))
              members.splice(members.indexOf(member), 1);
        return find(queue, marker);
      };
      const report = await inFakeTime(() => upload(webitel, 10));
      assert.deepEqual(numbers(report), after);
      assert.deepEqual(
        webitel.rows,
        [...upTo(10).filter((row) => row !== 3), ...remains].sort((a, b) => a - b),
      );
      assert.equal(report.copies, undefined);
    });
  }

  it("names the copy of a member that somebody has changed, and deletes neither", async () => {
    const webitel = new TimedWebitel([{ answerMs: 100, code: 504, commitMs: 3000 }]);
    const find = webitel.findMembers.bind(webitel);
    webitel.findMembers = (queue, marker) => {
      const [first, second] = ofRow3(webitel);
      if (first && second) first.name = "Maria";
      return find(queue, marker);
    };
    const report = await inFakeTime(() => upload(webitel, 10));
    assert.deepEqual(numbers(report), [10, 10, 0, 10, 9]);
    const left = ofRow3(webitel).map(({ id }) => id);
    assert.equal(left.length, 2);
    assert.ok(left.includes(report.copies?.[0] ?? "") && report.copies?.length === 1);
  });

  it("removes all other copies after a restart, too", async () => {
    const webitel = new TimedWebitel([{ answerMs: 100, code: 504, commitMs: 60_000 }]);
    const find = webitel.findMembers.bind(webitel);
    webitel.findMembers = (queue, marker) =>
      webitel.members.length === 20 ? Promise.reject(failed(401)) : find(queue, marker);
    await assert.rejects(
      inFakeTime(() => upload(webitel, 10)),
      { code: 401 },
    );
    for (const member of ofRow3(webitel)) webitel.members.splice(webitel.members.indexOf(member), 1);
    webitel.findMembers = find;
    const report = await inFakeTime(() => upload(webitel, 10, { resume: true }));
    assert.deepEqual([webitel.rows, ...numbers(report)], [upTo(10).filter((row) => row !== 3), 10, 10, 0, 9, 9]);
  });

  it("deletes no copy whose other member somebody deletes while the copies are being deleted", async () => {
    const webitel = new TimedWebitel([{ answerMs: 100, code: 504, commitMs: 3000 }]);
    const remove = webitel.deleteMember.bind(webitel);
    const refused = new Set<string>();
    webitel.deleteMember = (queue, id) => {
      const [first, second] = ofRow3(webitel);
      if (second?.id !== id) return remove(queue, id);
      // The first try fails, and meanwhile somebody deletes the other one.
      refused.add(id);
      webitel.members.splice(webitel.members.indexOf(first as FoundMember), 1);
      return Promise.resolve(false);
    };
    const report = await inFakeTime(() => upload(webitel, 10));
    assert.equal(refused.size, 1);
    assert.deepEqual([webitel.rows, ...numbers(report)], [upTo(10), 10, 10, 0, 9, 9]);
    assert.equal(report.copies, undefined);
  });
});
