/** What the recorder makes of numbers, credentials and values. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { Privacy } from "../../../lib/recorder/privacy.js";
import { Pseudonyms } from "../../../lib/recorder/pseudonyms.js";

const KEY = "0123456789abcdef".repeat(4);
const pseudonyms = new Pseudonyms(KEY);
const NONE: ReadonlySet<string> = new Set();

describe("Pseudonyms", () => {
  it("are HMAC-SHA256 of the digits, in letters", () => {
    const digest = createHmac("sha256", KEY).update("358401112233").digest();
    const letters = [...digest.subarray(0, 10)].map((byte) => String.fromCharCode(97 + (byte % 26))).join("");
    assert.equal(pseudonyms.of("+358401112233"), `#${letters}`);
  });

  it("are the same for one number however it is written, and differ for others and with another key", () => {
    const name = pseudonyms.of("+358401112233");
    for (const same of [
      "tel:+358401112233",
      "sip:+358401112233@x.example",
      "SIP:+358 40 1112233@x",
      "+358401112233;ext=1",
      "00358401112233",
      "+358 40 111 22 33",
      "+358-40-(111)2233",
      "358401112233",
    ])
      assert.equal(pseudonyms.of(same), name, same);
    assert.notEqual(pseudonyms.of("+358401112234"), name);
    assert.notEqual(new Pseudonyms(KEY.replace("0", "f")).of("+358401112233"), name);
    const names = new Set(Array.from({ length: 20_000 }, (_, i) => pseudonyms.of(`+3584${1_000_000 + i}`)));
    assert.equal(names.size, 20_000);
  });
});

describe("What is kept of values", () => {
  const privacy = new Privacy(pseudonyms);

  it("has pseudonyms for numbers of seven digits and more, and times and ids as they are", () => {
    const name = pseudonyms.of("+358401112233");
    assert.equal(privacy.text("call +358 40 111 2233 at 5"), `call ${name} at 5`);
    assert.equal(privacy.text("sip:358401112233@host"), `sip:${name}@host`);
    for (const open of ["2026-11-22T10:00:00.000Z", "0a7d3a55-5a4e-4a5d-93f2-123456789012", "123456", "9000"])
      assert.equal(privacy.text(open), open);
  });

  it("has no credential", () => {
    const kept = privacy.json(
      {
        headers: { Authorization: "Basic abc", "X-Api-Key": "k-1", cookie: "s=1" },
        url: "https://h/p?key=abc&access_token=def&x=1",
        text: 'Bearer ghi, {"refresh_token":"jkl"}',
        nested: [{ password: "mno", clientSecret: { a: "pqr" } }],
      },
      NONE,
      4000,
    );
    for (const secret of ["abc", "k-1", "s=1", "def", "ghi", "jkl", "mno", "pqr"])
      assert.ok(!kept.includes(secret), secret);
    assert.match(kept, /x=1/);
  });

  it("has no credential under a name that speaks of one, in camel case or with hyphens", () => {
    const names =
      "pwd PWD userPwd pass userPass passcode auth X-Auth authKey AuthKey AUTHKEY oauth authHeader keys jwt bearer pin simPin pwdHash Passwort authz apiKeys sortKey cookies";
    for (const name of names.split(" ")) {
      assert.ok(!privacy.json({ [name]: "abc" }, NONE, 4000).includes("abc"), name);
      assert.ok(!privacy.json({ in: { [name]: { deep: "abc" } } }, NONE, 4000).includes("abc"), name);
    }
    for (const name of ["userPwd", "pass", "X-Auth", "jwt", "authorization"])
      assert.ok(!privacy.json({ text: JSON.stringify({ [name]: "abc" }) }, NONE, 4000).includes("abc"), name);
    for (const name of ["key", "author", "passenger", "keyboard", "shipping", "compass"])
      assert.ok(privacy.json({ [name]: "abc" }, NONE, 4000).includes("abc"), name);
    assert.ok(privacy.json({ text: `{"author":"abc"}` }, NONE, 4000).includes("abc"));
  });

  it("has no credential that a text holds, whatever kind of text it is", () => {
    const pem = "-----BEGIN RSA PRIVATE KEY-----\nS3CRET\nS3CRET2==\n-----END RSA PRIVATE KEY-----";
    for (const text of [
      "pwd=S3CRET",
      "connect with pwd=S3CRET; retry",
      "<password><![CDATA[S3CRET]]></password>",
      "<Password>\n  <![CDATA[S3<CRET S3CRET]]>\n</Password>",
      '{"tokens":["a","S3CRET"]}',
      '{"credentials":{"user":"b]","p":"S3CRET"},"left":1}',
      '{"auth" : {"user":"x}","value":"S3CRET"}}',
      JSON.stringify({ body: JSON.stringify({ cookies: [{ name: "sid", value: 'S3"]CRET' }] }) }),
      '{"token":\n    "S3CRET"}',
      "pwd=abc;Password = S3CRET;",
      'Authorization: Token token="S3CRET"',
      "'password' => 'S3CRET'",
      "Password : S3CRET",
      "userPass=S3,CRET",
      "api-key: S3CRET",
      "keyring: S3CRET",
      'keyring="S3 CRET S3CRET"',
      "pin: S3CRET",
      "u:S3CRET@host",
      "ftp to admin:S3CRET@10.0.0.1/x",
      "sip:anna:S3CRET@host",
      "https://u:S3CRET@host/p?x=1",
      "https://S3CRET@host/p",
      "redis://:S3CRET@host",
      `{"password":"S3CRET with S3CRET blanks"}`,
      `{"password":"S3\\"CRET S3CRET"}`,
      '{"pin": S3CRET, "x": 1}',
      JSON.stringify({ body: JSON.stringify({ token: 'S3"CRET S3CRET', x: 1 }) }),
      JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ secret: "S3CRET S3CRET" }) }) }),
      "{'pwd': 'S3CRET S3CRET'}",
      '{"password":"S3CRET cut off S3CRET',
      "<wsse:Password Type='text'>S3CRET</wsse:Password>",
      "<pwd>S3CRET</pwd>",
      '<login password="S3CRET"/>',
      `${"x".repeat(90)}_pwd=S3CRET`,
      "Cookie: a=S3CRET; b=S3CRET",
      'Authorization: Digest username="S3CRET", response="S3CRET"',
      "Basic S3CRET",
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJTM0NSRVQifQ.S3CRET",
      pem,
      JSON.stringify({ pem }),
    ]) {
      for (const kept of [privacy.text(text), privacy.json({ note: text }, NONE, 4000)])
        assert.doesNotMatch(kept, /S3|CRET|eyJ/, `${text} is kept as ${kept}`);
    }
    const list = privacy.json(
      {
        headers: [
          { name: "X-Api-Key", value: "S3CRET" },
          { key: "pwd", value: 3 },
        ],
      },
      NONE,
      4000,
    );
    assert.equal(list, '{"headers":[{"name":"X-Api-Key","value":"[hidden]"},{"key":"pwd","value":"[hidden]"}]}');
  });

  it("has the text around a credential, and texts that hold none", () => {
    assert.equal(privacy.text("as pwd=abc; then"), "as pwd=[hidden] then");
    assert.equal(privacy.text('{"pin": 12, "x": "pass"}'), '{"pin": [hidden], "x": "pass"}');
    assert.equal(privacy.text('{"pwd":"a\\\\","x":1}'), '{"pwd":"[hidden]","x":1}');
    assert.equal(privacy.text("https://u:p@host/a?b=c"), "https://[hidden]@host/a?b=c");
    for (const open of [
      "sip:anna.berg@contoso.example",
      "<sip:anna.berg@contoso.example:5060>",
      "mailto:anna@contoso.example",
      "the author: Anna, shipping: DHL, key: value",
      "https://host/a?b=c@d",
      '{"author":"abc","passenger":{"name":"x"},"event":{"key":"Zm9v"}}',
      "at 10:30 by anna@contoso.example",
    ])
      assert.equal(privacy.text(open), open);
  });

  it("has no credential under a name that an item of a list gives", () => {
    const kept = privacy.json([{ name: "author", value: "abc" }], NONE, 4000);
    assert.match(kept, /abc/);
  });

  it("takes no longer for texts that are made to take long", () => {
    const begun = process.cpuUsage();
    for (const unit of [
      "pass",
      "a:",
      "token ",
      "--a-",
      "<a",
      '\\"pwd',
      "u:p",
      "pwd= ",
      "//",
      "key\t\t",
      "eyJaaaa.",
      "a@:",
      '"pass":[',
      "pwd=x;",
      "<pin><![CDATA[",
    ])
      privacy.json({ text: unit.repeat(100_000) }, NONE, 4000);
    const { user } = process.cpuUsage(begun);
    assert.ok(user < 2_000_000, `${user} µs of processor time`);
  });

  it("has pseudonyms for short numbers of the call, and other short numbers as they are", () => {
    const name = pseudonyms.of("201");
    assert.equal(
      privacy.json({ a: "201", b: 201, c: 202 }, new Set([name]), 4000),
      `{"a":"${name}","b":"${name}","c":202}`,
    );
  });

  it("is bounded for what is large, deep, its own ancestor or no data", () => {
    const circle: Record<string, unknown> = { self: undefined, f: () => 1, bytes: Buffer.alloc(9), at: new Date(0) };
    circle["self"] = circle;
    assert.equal(
      privacy.json(circle, NONE, 4000),
      `{"self":"[…]","bytes":"[9 bytes]","at":"1970-01-01T00:00:00.000Z"}`,
    );
    assert.ok(privacy.json({ long: "x".repeat(1e6) }, NONE, 4000).length < 4100);
    let deep: unknown = 1;
    for (let i = 0; i < 1e5; i++) deep = [deep];
    assert.ok(privacy.json(deep, NONE, 4000).length < 100);
  });

  it("has the first characters of an object with many properties, and looks at no more of it", () => {
    const count = 100_000;
    let looked = 0;
    const get = (): number => ++looked;
    const fields = Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`p${i}`, { get, enumerable: true }] as const),
    );
    const wide = Object.defineProperties({}, fields);
    for (const value of [wide, [wide, wide], { groups: { one: wide } }]) {
      looked = 0;
      const kept = privacy.json(value, NONE, 4000);
      assert.equal(kept.length, 4001);
      assert.match(kept, /"p0":1,"p1":2,.*…$/);
      assert.ok(looked < 1000, `${looked} of ${count}`);
    }
    const nothing = Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, undefined]));
    assert.equal(privacy.json(nothing, NONE, 4000), "{}…");
    assert.equal(
      privacy.json(
        Array.from({ length: count }, () => ""),
        NONE,
        4000,
      ).length,
      4001,
    );
    assert.equal(privacy.json({ a: "1".repeat(3), b: [1, 2] }, NONE, 4000), `{"a":"111","b":[1,2]}`);
  });

  it("follows an object with many properties that others take the place of", () => {
    const wide: Record<string, unknown> = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`old${i}`, i]));
    assert.match(privacy.json(wide, NONE, 100), /"old0":0/);
    wide["old0"] = "other";
    assert.match(privacy.json(wide, NONE, 100), /"old0":"other"/);
    for (const name of Object.keys(wide)) delete wide[name];
    wide["new"] = 1;
    assert.equal(privacy.json(wide, NONE, 100), `{"new":1}`);
  });

  it("mentions a number that was pasted with what nobody sees", () => {
    const name = pseudonyms.of("+358401112233");
    for (const text of ["+358\u201140\u20111112233", "+358\u00ad401112233", "\u202d+35840\u200b1112233\u202c"])
      assert.ok(Privacy.mentions(JSON.stringify({ from: text }), name, pseudonyms), JSON.stringify(text));
  });
});
