/** What differs, in lines. */
import assert from "node:assert/strict";
import { differences } from "../../../simulators/scenarios/compare.js";

describe("simulators/scenarios/compare", () => {
  it("names the place, what was expected and what came", () => {
    assert.deepEqual(differences({ a: { b: [1, "x"] } }, { a: { b: [1, "y"] } }, false, "answer"), [
      'answer.a.b[1]: expected "x", got "y"',
    ]);
    assert.deepEqual(differences({ a: 1 }, null, false, "answer"), ['answer: expected {"a":1}, got null']);
    assert.deepEqual(differences(null, { a: 1 }, true, "answer"), ['answer: expected null, got {"a":1}']);
    assert.deepEqual(differences({ a: null }, {}, false, "answer"), ["answer.a: expected null, got nothing"]);
    assert.deepEqual(differences("1", 1, true, "answer"), ['answer: expected "1", got 1']);
  });

  it("takes a part for equal unless the whole is meant", () => {
    const actual = { a: 1, b: { c: 2, d: 3 } };
    assert.deepEqual(differences({ b: { c: 2 } }, actual, false, "answer"), []);
    assert.deepEqual(differences({ a: 1, b: { c: 2 } }, actual, true, "answer"), ["answer.b.d: not expected, got 3"]);
    assert.deepEqual(differences({ toString: 1 }, {}, false, "answer"), ["answer.toString: expected 1, got nothing"]);
  });

  it("wants all of a list, and says how many there are", () => {
    assert.deepEqual(differences([{ a: 1 }], [{ a: 1, b: 2 }], false, "messages"), []);
    assert.deepEqual(differences([], [1], false, "messages"), ["messages: expected 0 of them, got 1: [1]"]);
    assert.deepEqual(differences([{ a: 1 }, { a: 2 }], [{ a: 3 }], false, "messages"), [
      "messages[0].a: expected 1, got 3",
      'messages: expected 2 of them, got 1: [{"a":3}]',
    ]);
  });

  it("shows no credential, by its name or its form", () => {
    const secret = "Zq9SECRET";
    const actual = [
      {
        headers: { authorization: `Bearer ${secret}`, "x-api-key": [secret] },
        password: secret,
        url: `https://bob:${secret}@crm.example/`,
        payload: `token=${secret}&queue=1`,
      },
    ];
    const none = { headers: { authorization: "x", "x-api-key": ["x"] }, password: "x", url: "x", payload: "x" };
    const lines = [
      ...differences([none], actual, false, "messages"),
      ...differences([], actual, true, "messages"),
      ...differences([{}], actual, true, "messages"),
    ];
    assert.equal(lines.length, 10);
    assert.doesNotMatch(lines.join(), /SECRET/);
    assert.ok(lines.includes('messages[0].password: expected "[hidden]", got "[hidden]"'), lines.join("\n"));
    assert.match(lines.join(), /got "token=\[hidden\]/);
  });

  it("shortens what nobody would read", () => {
    const [line = ""] = differences("x", "y".repeat(10_000), true, "answer");
    assert.ok(line.length < 250 && line.endsWith("…"), line);
  });
});
