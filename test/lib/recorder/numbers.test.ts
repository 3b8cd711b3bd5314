/** Numbers that are found in texts. */
import assert from "node:assert/strict";
import { contentsOf, LETTERS, NUMBER, withoutNumbers } from "../../../lib/recorder/numbers.js";
import { randomOf } from "../../support/random-flows.js";

/** What is a number, as one expression: seven digits or more as the group; ids of 128 bits and times without it. */
const NUMBERS =
  /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b|\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?|(\+?\d(?:[ ().\u00a0/-]{0,3}\d){6,})/gi;
/** Pieces of which texts are made. */
const PIECES = [
  ...'0123456789abcfFgxzTZ+-_./() :,"\u00a0é'.split(""),
  "2026-11-22T10:00:00",
  ".123Z",
  "+02:00",
  "2026-11-22",
  "0a7d3a55-5a4e-4a5d-93f2-123456789012",
  "12345678-1234-1234-1234-123456789012",
  "12345678-",
  "1234567",
  "+358 40 111 22",
];

describe("Numbers in a text", () => {
  it("are what one expression finds, in 200,000 seeded texts", () => {
    const random = randomOf(30);
    for (let i = 0; i < 200_000; i++) {
      const length = 1 + Math.floor(random() * 12);
      const text = Array.from({ length }, () => PIECES[Math.floor(random() * PIECES.length)]).join("");
      const name = (number: string): string => `<${number}>`;
      const expected = text.replace(NUMBERS, (found, number?: string) => (number === undefined ? found : name(number)));
      assert.equal(withoutNumbers(text, name), expected, JSON.stringify(text));
      if (expected !== text) assert.ok(contentsOf(text) & NUMBER, JSON.stringify(text));
    }
  });

  it("are not looked for in a text without them, nor credentials in one of hexadecimal letters", () => {
    assert.equal(contentsOf("0a7d3a55-5a4e-4a5d-93f2-6a2f1c1f9a10"), 0);
    assert.equal(contentsOf("+358 40 111 22 33"), NUMBER);
    for (const text of ["key", "a:b@c", "0a7d-G"]) assert.equal(contentsOf(text), LETTERS, text);
  });
});
