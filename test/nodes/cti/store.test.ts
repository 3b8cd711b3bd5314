import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Node, NodeAPI } from "node-red";
import { stampNow } from "../../../lib/core/clock.js";
import type { SubscriptionStore } from "../../../lib/cti/subscription-store.js";
import { fileStore } from "../../../nodes/cti/store.js";
import { until } from "../../support/wait.js";

describe("nodes/cti/store", () => {
  let userDir: string;
  const store = (): SubscriptionStore =>
    fileStore(
      { settings: { userDir }, _: String } as unknown as NodeAPI,
      { id: "b1", warn: String } as unknown as Node,
    );
  const files = (): string[] => readdirSync(join(userDir, "contact-center")).filter((name) => name.endsWith(".json"));
  const load = async (): Promise<object> => (await store().load()) as object;
  const state = { aliveAt: 1000, written: stampNow(), held: {}, ended: {}, removals: {}, gone: {} };
  const note = { until: 3000, ...stampNow() };
  beforeEach(() => (userDir = mkdtempSync(join(tmpdir(), "cc-cti-"))));
  afterEach(() => rmSync(userDir, { recursive: true, force: true }));

  it("counts a day as lost where the file cannot be read", async () => {
    writeFileSync(join(userDir, "contact-center"), "no folder");
    const { unknownSince } = (await load()) as { unknownSince: number };
    assert.ok(Math.abs(Date.now() - unknownSince - 86_400_000) < 20_000);
  });

  it("keeps until when events were received beside the ids, once it has written those", async () => {
    const ids = store();
    ids.noteReceived?.({ ...note, until: 2000 });
    await ids.save(state);
    assert.deepEqual(files(), ["cti-b1.json"]);
    ids.noteReceived?.(note);
    await until("the time", () => files().includes("cti-b1-received.json"));
    const { aliveAt, received } = (await load()) as { aliveAt: unknown; received: unknown };
    assert.deepEqual([aliveAt, received], [1000, note]);
    writeFileSync(join(userDir, "contact-center", "cti-b1-received.json"), "");
    assert.equal(((await load()) as { received: unknown }).received, undefined);
  });
});
