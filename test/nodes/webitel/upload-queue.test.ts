/** The queue of one node's uploads. */
import assert from "node:assert/strict";
import { refused } from "../../../lib/core/errors.js";
import { HeldMemory, MAX_HELD_BYTES } from "../../../lib/webitel/upload/held.js";
import type { Upload } from "../../../lib/webitel/upload/upload.js";
import { QueuedUpload, UploadQueue } from "../../../nodes/webitel/control.js";
import { until } from "../../support/wait.js";

const opened = new Promise<never>(() => undefined);

describe("nodes/webitel/control", () => {
  it("refuses what waits beyond 256 MB, and takes it when there is room", async () => {
    const queue = new UploadQueue(new HeldMemory());
    const ends: (() => void)[] = [];
    const add = (bytes: number): Promise<void> =>
      queue.add({
        opened,
        bytes,
        work: () => new Promise((resolve) => ends.push(resolve)),
        identify: () => Promise.resolve(undefined),
      });
    const first = add(2 * MAX_HELD_BYTES);
    const second = add(MAX_HELD_BYTES);
    await assert.rejects(add(1), { code: "EINVALID", key: "webitel.errors.waiting" });
    await until("the first", () => ends.length === 1);
    ends[0]?.();
    await first;
    await until("the second", () => ends.length === 2);
    const third = add(MAX_HELD_BYTES);
    ends[1]?.();
    await second;
    await until("the third", () => ends.length === 3);
    ends[2]?.();
    await third;
  });

  it("says at once what is wrong with the settings of one that waits, and goes on without it", async () => {
    const queue = new UploadQueue(new HeldMemory());
    const works: string[] = [];
    let end = (): void => undefined;
    const add = (name: string, given: Promise<never>): Promise<void> =>
      queue.add({
        opened: given,
        bytes: 0,
        work() {
          works.push(name);
          return name === "first" ? new Promise((resolve) => (end = resolve)) : Promise.resolve();
        },
        identify: () => given,
        onSame: () => works.push("same"),
      });
    const first = add("first", opened);
    const wrong = refused("shared.errors.unset", { vendor: "webitel", operation: "evaluate", field: "queueId" });
    const failing: Promise<never> = Promise.reject(wrong);
    await assert.rejects(add("second", failing), wrong);
    assert.equal(queue.waiting, 0);
    const third = add("third", opened);
    assert.equal(queue.waiting, 1);
    end();
    await Promise.all([first, third]);
    assert.deepEqual(works, ["first", "third"]);
  });

  it("has no current upload while the last one is only being reported", async () => {
    const queue = new UploadQueue(new HeldMemory());
    const begun: QueuedUpload[] = [];
    const ends: (() => void)[] = [];
    const add = (): Promise<void> =>
      queue.add({
        opened,
        bytes: 0,
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
      const queued = new QueuedUpload(opened);
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
