import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NodeAPI } from "node-red";
import { type Stamp, stampNow } from "../../../lib/core/clock.js";
import { type EarlierProgress, readEarlier, type WrittenProgress } from "../../../nodes/rte/progress.js";
import { stateFile } from "../../../nodes/shared/state-file.js";

const HOUR_MS = 3_600_000;

describe("nodes/rte/progress", () => {
  let userDir: string;
  beforeEach(() => (userDir = mkdtempSync(join(tmpdir(), "cc-rte-"))));
  afterEach(() => rmSync(userDir, { recursive: true, force: true }));

  /** What is read of a node that was served until a second before this was written. */
  const earlier = async (written: Stamp): Promise<EarlierProgress> => {
    const file = stateFile<WrittenProgress>({ settings: { userDir } } as unknown as NodeAPI, "rte-c1");
    await file.write({ a: written.at - 1000, written });
    return readEarlier(file);
  };
  const agoMs = ({ progress }: EarlierProgress): number => Date.now() - (progress["a"] ?? NaN);

  it("is as long ago as it is, though the clock was set back meanwhile", async () => {
    const { at, upMs, boot } = stampNow();
    const read = await earlier({ at: at - 5000 + HOUR_MS, upMs: upMs - 5000, boot });
    assert.equal(read.why, undefined);
    assert.ok(agoMs(read) >= 5900 && agoMs(read) < 20_000, `${agoMs(read)}`);
  });

  it("is a day longer ago where the machine was restarted, too: nobody knows how long it was off", async () => {
    const read = await earlier({ at: Date.now() + HOUR_MS, upMs: 5, boot: "another" });
    assert.ok(agoMs(read) >= 24 * HOUR_MS && agoMs(read) < 24 * HOUR_MS + 20_000, `${agoMs(read)}`);
  });

  it("is by the clock where that was not set back, a restart of the machine included", async () => {
    const read = await earlier({ at: Date.now() - HOUR_MS, upMs: 5, boot: "another" });
    assert.ok(agoMs(read) >= HOUR_MS && agoMs(read) < HOUR_MS + 20_000, `${agoMs(read)}`);
  });
});
