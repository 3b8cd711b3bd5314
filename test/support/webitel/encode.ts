/** Text to bytes in the encodings that lists come in. Node decodes them all, but encodes only some. */

import { decoderOf } from "../../../lib/webitel/encoding.js";

/** The encodings of the tests. */
export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1250" | "windows-1251" | "windows-1252";

const tables = new Map<Encoding, Map<string, number>>();

/** The byte of each letter of a one-byte encoding: what its decoder makes of every byte, turned round. */
function table(encoding: Encoding): Map<string, number> {
  const before = tables.get(encoding);
  if (before) return before;
  const decoder = decoderOf(encoding);
  const made = new Map(Array.from({ length: 256 }, (_, byte) => [decoder.decode(Uint8Array.of(byte)), byte] as const));
  tables.set(encoding, made);
  return made;
}

/** @throws Error for a letter that the encoding does not have */
export function encoded(text: string, encoding: Encoding): Buffer {
  if (encoding === "utf-8") return Buffer.from(text);
  if (encoding === "utf-16le") return Buffer.from(text, "utf16le");
  if (encoding === "utf-16be") return Buffer.from(text, "utf16le").swap16();
  const bytes = table(encoding);
  return Buffer.from(
    Array.from(text, (letter) => {
      const byte = bytes.get(letter);
      if (byte === undefined) throw new Error(`${encoding} has no ${letter}`);
      return byte;
    }),
  );
}
