import assert from "node:assert/strict";
import { connectError, networkError, statusError } from "../../../lib/http/errors.js";

describe("lib/http/errors", () => {
  it("says seconds in tenths, and shorter times as they are", () => {
    const cause = { vendor: "anywhere365", operation: "AgentLogout" } as const;
    const seconds = [5014, 10_000, 50].flatMap((ms) => [
      networkError(cause, "ETIMEDOUT", "http://broker", ms).params["seconds"],
      connectError(cause, "http://broker", ms).params["seconds"],
    ]);
    assert.deepEqual(seconds, [5, 5, 10, 10, 0.05, 0.05]);
  });

  it("repeats the server's words where they say more than the status, out of a body that has nothing else", () => {
    const cause = { vendor: "enreach", operation: "user" } as const;
    const said = (detail: string): unknown => statusError(cause, 401, 401, detail).params["detail"];
    for (const nothing of ["", "Unauthorized", '{"Message":"Unauthorized"}', '{"message":"Not found."}'])
      assert.equal(said(nothing), "", nothing);
    assert.equal(said('{"Message":"The key has expired"}'), "The key has expired");
    for (const more of ["expired", '{"Message":"Unauthorized","Id":7}', '{"message":"a \\"b\\""}'])
      assert.equal(said(more), more);
  });
});
