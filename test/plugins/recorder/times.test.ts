import assert from "node:assert/strict";
import { milliseconds } from "../../../plugins/recorder/sidebar/times.js";

describe("plugins/recorder/sidebar/times", () => {
  it("shows three digits, or whole milliseconds", () => {
    const shown = [0, 0.4123, 2.4, 22.034, 999.96, 4000.66].map(milliseconds);
    assert.deepEqual(shown, ["0 ms", "0.412 ms", "2.4 ms", "22 ms", "1000 ms", "4001 ms"]);
  });
});
