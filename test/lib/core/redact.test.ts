import assert from "node:assert/strict";
import { redact } from "../../../lib/core/redact.js";

const TOKEN = 'q7Xz/Kp+"9aB<&4=mN%2w-Rt_ö~';
const percent = (text: string): string => encodeURIComponent(text);
const html = (text: string): string => text.replace(/[&<>"'/=+]/g, (letter) => `&#${letter.charCodeAt(0)};`);
const named = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;").replaceAll("/", "&sol;");
const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const slashed = (text: string): string => json(text).replaceAll("/", "\\/");
const ascii = (text: string): string =>
  slashed(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** What a server or a proxy makes of a text. */
const ECHOES: Record<string, (text: string) => string> = {
  "as it is": (text) => text,
  "in lower case": (text) => text.toLowerCase(),
  "in upper case": (text) => text.toUpperCase(),
  "as JSON": json,
  "as JSON with its slashes escaped": slashed,
  "as JSON of ASCII": ascii,
  "as JSON in JSON": (text) => json(ascii(text)),
  "as HTML by numbers": html,
  "as HTML by hexadecimal numbers": (text) =>
    text.replace(/[&<>"/]/g, (letter) => `&#X00${letter.charCodeAt(0).toString(16)};`),
  "as HTML by names": named,
  "as HTML twice": (text) => named(named(text)),
  "as HTML in JSON": (text) => slashed(html(text)),
  "as HTML with JSON's escapes": (text) =>
    text.replace(/[<>&=]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`),
  "as JavaScript": (text) => text.replace(/[<>&"/]/g, (letter) => `\\x${letter.charCodeAt(0).toString(16)}`),
  "percent-encoded": percent,
  "percent-encoded in lower case": (text) => percent(text).toLowerCase(),
  "percent-encoded twice": (text) => percent(percent(text)),
  "each letter percent-encoded": (text) =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  "as a form": (text) => new URLSearchParams({ t: text }).toString().slice(2),
};

describe("lib/core/redact", () => {
  for (const [form, echo] of Object.entries(ECHOES)) {
    it(`hides a token ${form}, whole and cut`, () => {
      for (const token of [
        TOKEN,
        "abcd efgh\\ij/kl",
        "webitel-ACCESS-0123456789abcdef",
        "0f8e7d6c-5b4a-4392-8170-6f5e4d3c2b1a",
      ]) {
        assert.equal(
          redact(`no access with ${echo(token)} here`, [token]),
          "no access with [redacted] here",
          echo(token),
        );
        const letters = Array.from(token);
        for (let count = 8; count < letters.length; count++) {
          const text = echo(letters.slice(0, count).join(""));
          for (const behind of ["", "…", "...", '"}', "</p>", " "]) {
            // A quotation mark may be its last letter or that of the text around it.
            const clean = redact(`token ${text}${behind}`, [token]);
            assert.ok(clean.startsWith("token [redacted]"), `${text}${behind} ${clean}`);
            assert.ok(`"${behind}`.endsWith(clean.slice("token [redacted]".length)), clean);
          }
        }
      }
    });
  }

  it("hides a token in base64, whatever stands before it, whole and cut", () => {
    for (const before of ["", "u", "us", "user:", "api:x"])
      for (const alphabet of ["base64", "base64url"] as const) {
        const text = Buffer.from(before + TOKEN).toString(alphabet);
        for (const shown of [text, percent(text), slashed(text)])
          assert.match(redact(`Basic ${shown}`, [TOKEN]), /^Basic .{0,9}\[redacted\].{0,10}$/, shown);
        assert.match(redact(`Basic ${text.slice(0, 24)}…`, [TOKEN]), /^Basic .{0,9}\[redacted\]….{0,6}$/, text);
      }
    assert.equal(redact(base64(TOKEN.slice(0, 5)), [TOKEN]), base64(TOKEN.slice(0, 5)), "less than eight characters");
  });

  it("leaves the end of JSON's text behind a token that is cut where it has a quotation mark", () => {
    const text = '{"detail":"no access with q7Xz/Kp+"}';
    assert.equal(redact(text, [TOKEN]), '{"detail":"no access with [redacted]"}');
  });

  it("leaves what is another word, though it begins alike", () => {
    const token = "webitel-prod-1a2b3c4d5e";
    for (const text of ["webitel-production is away", "webitel-prod-1a2b3X", "webitel", "the webitel-connection"])
      assert.equal(redact(text, [token]), text);
    assert.equal(redact("An unexpected error", ["t", "err"]), "An unexpected error", "too short to be a secret");
    assert.equal(
      redact("Pass the PASS, pass it", ["pass"]),
      "Pass the PASS, [redacted] it",
      "a short one in its own case",
    );
  });

  it("leaves good JSON behind, with what stands around the token", () => {
    for (const token of [TOKEN, "back\\slash\\", '"quoted" one']) {
      const body = { a: `x${token}y`, b: ["\\", token, "c/d\n"], [token]: token };
      for (const text of [JSON.stringify(body), JSON.stringify(body).replaceAll("/", "\\/")])
        assert.deepEqual(JSON.parse(redact(text, [token])), {
          a: "x[redacted]y",
          b: ["\\", "[redacted]", "c/d\n"],
          "[redacted]": "[redacted]",
        });
    }
  });

  it("takes a secret of any length and of any characters", () => {
    const long = Array.from({ length: 9000 }, (_, at) => String.fromCharCode(33 + ((at * 7) % 90))).join("");
    assert.equal(redact(`t=${percent(long)}.`, [long]), "t=[redacted].");
    const half = "abc\uD83Ddefgh";
    assert.equal(redact(`t=${half} \u{1F600}${JSON.stringify(half)}`, [half]), 't=[redacted] \u{1F600}"[redacted]"');
    assert.equal(redact("t=(a+)+$*[x]?", ["(a+)+$*[x]?"]), "t=[redacted]");
  });
});
