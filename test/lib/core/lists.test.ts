import assert from "node:assert/strict";
import { itemsOf, wordsOf } from "../../../lib/core/lists.js";

describe("lib/core/lists", () => {
  const cases: [text: string, items: string[]][] = [
    ["", []],
    [" ,\n;; ", []],
    ["sip:a@x, sip:b@x\nsip:c@x", ["sip:a@x", "sip:b@x", "sip:c@x"]],
    ["sip:a@x; sip:b@x;\nsip:c@x;", ["sip:a@x", "sip:b@x", "sip:c@x"]],
    ["sip:a@x;sip:b@x;sip:c@x", ["sip:a@x", "sip:b@x", "sip:c@x"]],
    ["sip:a@x;transport=tcp", ["sip:a@x;transport=tcp"]],
    ["sip:a@x:5061;transport=tcp;lr;sip:b@x;lr; sip:c@x", ["sip:a@x:5061;transport=tcp;lr", "sip:b@x;lr", "sip:c@x"]],
    ["10.0.0.0/8; 192.168.0.1", ["10.0.0.0/8", "192.168.0.1"]],
  ];
  for (const [text, items] of cases)
    it(`finds ${items.length} in ${JSON.stringify(text)}`, () => {
      assert.deepEqual(itemsOf(text), items);
      assert.deepEqual(wordsOf(text), items);
    });

  it("takes blanks between words for the end of an item, and not within one", () => {
    assert.deepEqual(wordsOf("sip:a@x \t sip:b@x"), ["sip:a@x", "sip:b@x"]);
    assert.deepEqual(itemsOf("two words, three"), ["two words", "three"]);
  });
});
