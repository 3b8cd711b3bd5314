/** Cells in UTF-8 in a list of another encoding, as two lists in one file are. */
import assert from "node:assert/strict";
import { decoderOf, misreadUtf8 } from "../../../lib/webitel/encoding.js";

const ENCODINGS = ["windows-1250", "windows-1251", "windows-1252"] as const;

describe("lib/webitel/encoding, one letter of UTF-8 in another list", () => {
  for (const encoding of ENCODINGS) {
    it(`sees one that reads as a quote or a dash: ${encoding}`, () => {
      const decoder = decoderOf(encoding);
      const unseen = ["Óscar", "Ôme", "Òscar", "Ñandú", "Österreich", "Åse"].filter(
        (word) => misreadUtf8(encoding)?.test(decoder.decode(Buffer.from(word))) !== true,
      );
      assert.deepEqual(unseen, []);
    });
  }

  it("sees those that stand within a word", () => {
    const unseen = ["LÓPEZ", "MUÑOZ", "cœur", "Erdős"].filter(
      (word) => misreadUtf8("windows-1252")?.test(decoderOf("windows-1252").decode(Buffer.from(word))) !== true,
    );
    assert.deepEqual(unseen, []);
  });

  it("leaves quotes and dashes alone that belong to a text", () => {
    for (const [encoding, text] of [
      ["windows-1252", "“AMANHÔ e IRMÖ, MANHÖTARDE, “Ãlvaro”"],
      ["windows-1252", "„GÅ“ og PÅ – altså ”Å” eller ÅSE’s, „JÄ“"],
      ["windows-1250", "„CASĂ” și MAMĂ – TATĂ – „Ă”, ĽUDIA „MÁŠ“"],
      ["windows-1251", "“ГУДГЕ” – Д’Артаньян, „Г“ ГЕ–office, Е… mail"],
    ] as const)
      assert.doesNotMatch(text, misreadUtf8(encoding) as RegExp);
  });
});
