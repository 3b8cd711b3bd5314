/** When members without a time of their own expire. */
import assert from "node:assert/strict";
import { mock } from "node:test";
import type { Node, NodeAPI } from "node-red";
import type { Message } from "../../../nodes/shared/input.js";
import { SettingsReader, type UploadConfig } from "../../../nodes/webitel/upload/settings.js";

const MINUTE = 60_000;
const MIDNIGHT = Date.UTC(2026, 10, 23);
const MESSAGE = { payload: [] } as unknown as Message;

describe("nodes/webitel/expiry", () => {
  beforeEach(() => mock.timers.enable({ apis: ["Date"], now: MIDNIGHT - MINUTE }));
  afterEach(() => mock.timers.reset());

  const reader = (config: Partial<UploadConfig>): SettingsReader => {
    const RED = { settings: {}, util: { getSetting: () => undefined } } as unknown as NodeAPI;
    const settings = { queueId: "10", queueIdType: "str", timezone: "UTC", ...config };
    return new SettingsReader(RED, {} as Node, settings as unknown as UploadConfig);
  };
  const past = (field: string): object => ({ code: "EINVALID", key: "webitel.errors.field.past", cause: { field } });
  const isPast = (read: () => unknown, field: string): void =>
    assert.throws(read, (error: { code: string; key: string; cause: { field: string } }) => {
      const { code, key, cause } = error;
      assert.deepEqual({ code, key, cause: { field: cause.field } }, past(field));
      return true;
    });

  for (const [expiry, field, end] of [
    ["duration", "expiryDuration", MIDNIGHT + 9 * MINUTE],
    ["end-of-day", "expiry", MIDNIGHT - 1],
  ] as const)
    it(`${expiry} counts from when its message came, however long that waits`, async () => {
      const { expireAt } = await reader({ expiry, expiryDuration: 10 }).read(MESSAGE, false);
      mock.timers.setTime(MIDNIGHT - 2);
      assert.equal(expireAt(), end);
      mock.timers.setTime(end);
      isPast(expireAt, field);
    });

  it("counts from when its message came for each message of a stream", async () => {
    for (const expiry of ["duration", "end-of-day"] as const) {
      mock.timers.setTime(MIDNIGHT - MINUTE);
      const settings = reader({ expiry, expiryDuration: 10 });
      assert.equal(settings.changes, true);
      const ends: (number | undefined)[] = [];
      for (const at of [MIDNIGHT - MINUTE, MIDNIGHT - MINUTE / 2, MIDNIGHT + MINUTE]) {
        mock.timers.setTime(at);
        ends.push((await settings.readPart(MESSAGE)).values.expireAt);
      }
      assert.deepEqual(
        ends,
        expiry === "duration"
          ? [MIDNIGHT + 9 * MINUTE, MIDNIGHT + 9.5 * MINUTE, MIDNIGHT + 11 * MINUTE]
          : [MIDNIGHT - 1, MIDNIGHT - 1, MIDNIGHT + 24 * 60 * MINUTE - 1],
      );
    }
  });

  it("is none where the setting is never", async () => {
    const settings = reader({ expiry: "none" });
    assert.equal((await settings.read(MESSAGE, false)).expireAt(), undefined);
    assert.equal((await settings.readPart(MESSAGE)).values.expireAt, undefined);
    assert.equal(settings.changes, false);
  });
});
