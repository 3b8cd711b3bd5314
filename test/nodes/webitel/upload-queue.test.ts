/** The queue of one node's uploads. */
import assert from "node:assert/strict";
import type { Upload } from "../../../lib/webitel/upload/upload.js";
import { QueuedUpload, UploadQueue } from "../../../nodes/webitel/control.js";

describe("nodes/webitel/control", () => {
  it("has no current upload while the last one is only being reported", async () => {
    const queue = new UploadQueue();
    const begun: QueuedUpload[] = [];
    const ends: (() => void)[] = [];
    const add = (): Promise<void> =>
      queue.add({
        work(upload) {
          begun.push(upload);
          return new Promise((resolve) => ends.push(resolve));
        },
        identify: () => Promise.resolve(undefined),
      });
    const first = add();
    await new Promise(setImmediate);
    assert.ok(begun[0] && queue.current === begun[0]);
    begun[0].isDone = true;
    assert.equal(queue.current, undefined);
    const second = add();
    await new Promise(setImmediate);
    const waiting = queue.current;
    assert.ok(waiting);
    assert.equal(begun.length, 1);
    ends[0]?.();
    await first;
    await new Promise(setImmediate);
    assert.equal(begun[1], waiting);
    ends[1]?.();
    await second;
    assert.equal(queue.current, undefined);
  });

  for (const action of ["pause", "resume"] as const)
    it(`cancels for good: a ${action} behind it changes nothing`, () => {
      const queued = new QueuedUpload();
      queued.cancel();
      queued[action]();
      const calls: string[] = [];
      queued.begin({
        pause: () => calls.push("pause"),
        resume: () => calls.push("resume"),
        cancel: () => calls.push("cancel"),
      } as unknown as Upload);
      queued[action]();
      assert.deepEqual(calls, ["cancel"]);
    });
});
