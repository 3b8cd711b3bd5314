import assert from "node:assert/strict";
import { isNodeRedPath, unusablePart } from "../../../lib/webhook/path.js";

describe("lib/webhook/path", () => {
  it("names what no caller could send", () => {
    const cases: [string, string][] = [
      ["/q?x=1", "?"],
      ["/a#b", "#"],
      ["/a%20b", "%"],
      ["http://my.host/abs", "http://"],
      ["/p/:id", ":id"],
      [":id", ":id"],
      ["/a/../b", ".."],
      ["./a", "."],
      ["a\\b", "\\"],
      ["a\nb", "\n"],
    ];
    for (const [path, part] of cases) assert.equal(unusablePart(path), part, path);
  });

  it("takes what can be called", () => {
    for (const path of ["", "/calls", "calls/in", "/a-b_c.d~e", "/a:b", "/grüße", "/v1.0/...", "/a b"])
      assert.equal(unusablePart(path), undefined, path);
  });

  it("knows the addresses of Node-RED", () => {
    for (const path of ["/flows", "/Flows", "/settings/user", "/auth/token", "/red/red.min.js", "/comms"])
      assert.equal(isNodeRedPath(path), true, path);
    for (const path of ["/", "/flowsx", "/contact-center/calls", "/api/flows"])
      assert.equal(isNodeRedPath(path), false, path);
  });
});
