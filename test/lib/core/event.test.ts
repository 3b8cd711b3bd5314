import assert from "node:assert/strict";
import { canonicalJson, eventKey } from "../../../lib/core/event.js";
import { redact } from "../../../lib/core/redact.js";
import { withoutEmpty } from "../../../lib/core/values.js";

describe("lib/core/event", () => {
  it("writes the same content as the same text, whatever the order", () => {
    assert.equal(
      canonicalJson({ b: [1, { d: 1, c: "x" }], a: undefined, e: null }),
      '{"b":[1,{"c":"x","d":1}],"e":null}',
    );
  });

  it("makes a key of vendor, name and content", () => {
    const key = eventKey("enreach", "UserCallInComing", { a: 1, b: 2 });
    assert.match(key, /^[\w-]{27}$/);
    assert.equal(eventKey("enreach", "UserCallInComing", { b: 2, a: 1 }), key);
    const others = [
      eventKey("webitel", "UserCallInComing", { a: 1, b: 2 }),
      eventKey("enreach", "Other", { a: 1, b: 2 }),
      eventKey("enreach", "UserCallInComing", { a: 1, b: "2" }),
      eventKey("enreach", "UserCallInComing", { a: 12 }),
    ];
    assert.equal(new Set([key, ...others]).size, 5);
  });
});

describe("lib/core/call", () => {
  it("leaves unknown facts out", () => {
    assert.deepEqual(withoutEmpty({ id: "1", name: "", address: null }), { id: "1" });
    assert.equal(withoutEmpty({ id: undefined }), undefined);
  });
});

describe("lib/core/errors", () => {
  it("redacts a secret in every form, and not the empty one", () => {
    assert.equal(redact("t=a/b c t=a%2Fb%20c", ["a/b c", "", undefined]), "t=[redacted] t=[redacted]");
    const secret = 'tök"n/4711+x y~';
    for (const user of ["", "u", "us", "user"]) {
      const basic = Buffer.from(`${user}:${secret}`);
      for (const text of [basic.toString("base64"), basic.toString("base64url")])
        assert.ok(/^.{0,8}\[redacted\].{0,4}$/.test(redact(text, [secret])), `${text} ${redact(text, [secret])}`);
    }
    const encoded = encodeURIComponent(secret);
    for (const text of [encoded, encoded.toLowerCase(), new URLSearchParams({ t: secret }).toString().slice(2)])
      assert.equal(redact(text, [secret]), "[redacted]", text);
    assert.equal(redact(JSON.stringify({ t: secret }), [secret]), '{"t":"[redacted]"}');
    const callback = `http://host/${encodeURIComponent("key/ü")}`;
    assert.equal(redact(`to=${encodeURIComponent(callback)}`, ["key/ü"]), "to=http%3A%2F%2Fhost%2F[redacted]");
    assert.equal(redact('{"t":"key/\\u00fc"}', ["key/ü"]), '{"t":"[redacted]"}');
    assert.equal(redact("An unexpected error", ["t", "err"]), "An unexpected error", "too short to be a secret");
  });
});
