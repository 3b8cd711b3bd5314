import assert from "node:assert/strict";
import { connectError, networkError } from "../../../lib/http/errors.js";

describe("lib/http/errors", () => {
  it("says seconds in tenths, and shorter times as they are", () => {
    const cause = { vendor: "anywhere365", operation: "AgentLogout" } as const;
    const seconds = [5014, 10_000, 50].flatMap((ms) => [
      networkError(cause, "ETIMEDOUT", "http://broker", ms).params["seconds"],
      connectError(cause, "http://broker", ms).params["seconds"],
    ]);
    assert.deepEqual(seconds, [5, 5, 10, 10, 0.05, 0.05]);
  });
});
