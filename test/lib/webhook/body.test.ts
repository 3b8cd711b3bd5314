import assert from "node:assert/strict";
import { parseForm, parseJsonObject } from "../../../lib/webhook/body.js";

describe("lib/webhook/body", () => {
  const parse = (text: string): ReturnType<typeof parseJsonObject> => parseJsonObject(Buffer.from(text));
  const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

  it("reads an object, with or without a byte order mark", () => {
    assert.deepEqual(parse('\uFEFF{"a":1}'), { object: { a: 1 } });
  });

  it("says what is wrong", () => {
    for (const text of ["", "{", "anum=1", '{"a":1}}']) assert.deepEqual(parse(text), { fault: "not-json" });
    for (const text of ["null", "[]", "1", '"a"', "true"]) assert.deepEqual(parse(text), { fault: "not-object" });
  });

  it("takes 64 levels and refuses 65, also of lists and also 30,000", () => {
    assert.ok("object" in parse(nested(64)));
    assert.deepEqual(parse(nested(65)), { fault: "too-deep" });
    assert.deepEqual(parse(`{"a":${"[".repeat(64)}${"]".repeat(64)}}`), { fault: "too-deep" });
    assert.deepEqual(parse(`{"a":${"[".repeat(30_000)}${"]".repeat(30_000)}}`), { fault: "too-deep" });
  });

  it("drops __proto__ wherever it is, however it is written", () => {
    const read = parse(String.raw`{"__proto__":{"x":1},"a":{"\u005f_proto__":{"y":2},"b":1}}`);
    assert.ok("object" in read);
    assert.deepEqual(JSON.stringify(read.object), '{"a":{"b":1}}');
    assert.equal(({} as Record<string, unknown>)["x"], undefined);
  });

  it("takes a line break behind a form for none of its values", () => {
    const form = parseForm("id=1&number=%2B3580%0D%0A\r\n");
    assert.deepEqual(form, { object: { id: "1", number: "+3580\r\n" } });
  });

  it("reads a form; a name that comes twice is a list", () => {
    assert.deepEqual(parseForm("cid=%2B380&a=1&a=2&a=3&__proto__=x"), { object: { cid: "+380", a: ["1", "2", "3"] } });
    assert.deepEqual(parseForm(""), { object: {} });
  });

  it("refuses more than 1,000 parameters before it reads them", () => {
    assert.deepEqual(parseForm("a&".repeat(32_000)), { fault: "too-many" });
    const most = parseForm(Array.from({ length: 1000 }, () => "a=1").join("&"));
    assert.equal("object" in most && most.object["a"]?.length, 1000);
  });

  it("refuses more than 1,000 values, and counts none inside of texts", () => {
    assert.ok("object" in parse(`{"a":[${Array.from({ length: 1000 }, () => 1).join()}]}`));
    assert.deepEqual(parse(`{"a":[${Array.from({ length: 1001 }, () => 1).join()}]}`), { fault: "too-many" });
    assert.ok("object" in parse(JSON.stringify({ a: String.raw`\"[{,`.repeat(5000) })));
  });
});
