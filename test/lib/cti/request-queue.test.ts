import assert from "node:assert/strict";
import { RequestQueue } from "../../../lib/cti/request-queue.js";

describe("lib/cti/request-queue", () => {
  let queue: RequestQueue;
  let sent: number;
  let asked: number;

  const request = async (): Promise<void> => {
    void queue.run(() => Promise.resolve(void sent++), "missing");
    await Promise.resolve();
  };

  beforeEach(() => {
    [sent, asked] = [0, 0];
    queue = new RequestQueue({
      parallel: () => 100,
      perMinute: () => 100,
      reserve: () => 0,
      isHeldBack: () => false,
      onSent: () => undefined,
      onReserved: () => asked++,
      onLimited: () => undefined,
      isPaused: () => false,
    });
  });

  afterEach(() => queue.close());

  it("sends what is saved, and nothing that a write under way would make the next process forget", async () => {
    await request();
    assert.deepEqual([sent, asked], [0, 1]);
    queue.reserve().saved("saved");
    assert.equal(sent, 1);
    // One write follows another. This one knows of more requests, the next one of none.
    const busy = queue.reserve();
    const atRest = queue.reserve();
    assert.deepEqual([busy.reserved > 0, atRest.reserved], [true, 0]);
    await request();
    assert.deepEqual([sent, asked], [1, 2]);
    const next = queue.reserve();
    busy.saved("saved");
    assert.equal(sent, 1);
    atRest.saved("saved");
    assert.equal(sent, 1);
    next.saved("saved");
    assert.equal(sent, 2);
  });

  it("sends nothing by a write that began before its state was revoked", async () => {
    await request();
    const before = queue.reserve();
    queue.revoke();
    before.saved("saved");
    assert.equal(sent, 0);
    queue.reserve().saved("saved");
    assert.equal(sent, 1);
  });
});
