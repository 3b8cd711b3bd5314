import assert from "node:assert/strict";
import { install } from "@sinonjs/fake-timers";
import type { Node, NodeAPI } from "node-red";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ContactCenterError } from "../../../lib/core/errors.js";
import { networkError } from "../../../lib/http/errors.js";
import { lockFault } from "../../../lib/webitel/upload/lock.js";
import { NO_ROWS } from "../../../lib/webitel/upload/report.js";
import { ProgressBadge, progressText } from "../../../nodes/webitel/badge.js";

const LOAD = { vendor: "webitel", operation: "CreateMemberBulk" } as const;

describe("nodes/webitel/badge", () => {
  const cases: [done: number, rows: number | undefined, waiting: number, text: string][] = [
    [0, 0, 0, "0 / 0, 100%"],
    [1200, 3000, 0, "1,200 / 3,000, 40%"],
    [1200, 3000, 2, "1,200/3,000, 40% +2"],
    [9_999, 10_000, 0, "9,999 / 10,000, 99%"],
    [12_400, 50_000, 0, "12.4k / 50k, 24%"],
    [12_400, 50_000, 1, "12.4k / 50k, 24% +1"],
    [999_999, 1_000_000, 12, "1M / 1M, 99% +12"],
    [9_999, 9_999, 12, "100% +12"],
    [123_456, undefined, 3, "123k +3"],
  ];
  for (const [done, rows, waiting, text] of cases) {
    it(`says ${text}`, () => {
      const percent = rows === 0 ? 100 : Math.floor((done / (rows ?? 1)) * 100);
      const said = progressText({ done, perSecond: 1, ...(rows !== undefined && { rows, percent }) }, waiting);
      assert.equal(said, text);
      assert.ok(said.length <= 19, said);
    });
  }

  it("shows how far it is although the clock was set back", () => {
    const clock = install({ now: Date.now(), toFake: ["Date", "performance"] });
    try {
      const texts: string[] = [];
      const node = { status: ({ text }: { text?: string }) => texts.push(text ?? "") } as unknown as Node;
      const badge = new ProgressBadge({ _: (key: string) => key } as unknown as NodeAPI, node, () => 0);
      badge.begin();
      badge.progress({ done: 1, perSecond: 1 });
      clock.setSystemTime(Date.now() - 3_600_000);
      clock.tick(250);
      badge.progress({ done: 2, perSecond: 1 });
      assert.deepEqual(texts, ["1", "2"]);
    } finally {
      clock.uninstall();
    }
  });

  const faults: [what: string, error: ContactCenterError, badge: string][] = [
    ["a journal's lock", lockFault({ code: "EACCES" }, "/journal.lock"), "journal: EACCES"],
    ["a certificate", networkError(LOAD, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "https://webitel", 0), "TLS"],
    ["TLS at a port without it", networkError(LOAD, "EPROTO", "https://webitel", 0), "TLS"],
    ["what the network says", networkError(LOAD, "EHOSTUNREACH", "https://webitel", 0), "failed"],
  ];
  const words: Record<string, string> = { "shared.badge.TLS": "TLS", "shared.badge.other": "failed" };
  const RED = {
    _: (key: string, { code = "" } = {}) =>
      key === "webitel.badge.journal" ? `journal: ${code}` : (words[key] ?? key),
  } as unknown as NodeAPI;
  for (const [what, error, badge] of faults)
    it(`says that ${what} is why nothing was sent`, async () => {
      const texts: unknown[] = [];
      const node = { status: ({ text }: { text?: string }) => texts.push(text) } as unknown as Node;
      new ProgressBadge(RED, node, () => 0).fail(error);
      await nextTurn();
      assert.deepEqual(texts, [badge]);
    });

  it("says of a list that was loaded before that it was loaded again", () => {
    const texts: string[] = [];
    const RED = { _: (_: string, { at = "" } = {}) => `${at} again` } as unknown as NodeAPI;
    const node = { status: ({ text }: { text?: string }) => texts.push(text ?? "") } as unknown as Node;
    const badge = new ProgressBadge(RED, node, () => 0);
    const report = {
      runId: "r",
      queueId: "10",
      ...NO_ROWS,
      doubled: 0,
      removed: 0,
      batches: 1,
      durationMs: 1,
      resumed: false,
    };
    const counts = { accepted: 9_998, total: 9_999 };
    badge.begin();
    badge.end({ ...report, ...counts });
    badge.end({ ...report, ...counts, loadedBefore: "2026-05-02T10:00:00.000Z" });
    badge.end({ ...report, accepted: 999_499, total: 999_499, loadedBefore: "2026-05-02T10:00:00.000Z" });
    assert.deepEqual(texts, ["9,998 / 9,999", "9,998 / 9,999 again", "999k / 999k again"]);
  });

  it("counts batches that end after a pause, and shows nothing else after a cancel", () => {
    const texts: string[] = [];
    const RED = { _: (key: string, { at = "" } = {}) => `${key.split(".").at(-1)} ${at}` } as unknown as NodeAPI;
    const node = { status: ({ text }: { text?: string }) => texts.push(text ?? "") } as unknown as Node;
    const badge = new ProgressBadge(RED, node, () => 0);
    const progress = (done: number): void => badge.progress({ done, perSecond: 1 });
    badge.begin();
    progress(1);
    badge.pause();
    progress(2);
    progress(3);
    assert.deepEqual(
      texts.slice(-3),
      ["1", "2", "3"].map((at) => `paused ${at}`),
    );
    badge.cancel();
    const { length } = texts;
    progress(4);
    assert.equal(texts.length, length);
  });
});
