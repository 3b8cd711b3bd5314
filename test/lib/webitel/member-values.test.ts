import assert from "node:assert/strict";
import { type MappingOptions, type MappingResult, memberMapper } from "../../../lib/webitel/member.js";
import { phoneReader } from "../../../lib/webitel/phone.js";
import { callBody } from "../../../lib/webitel/requests.js";

/** 1 December 2025: before the times of these tests. */
const NOW = Date.parse("2025-12-01T00:00:00Z");
const map = (row: unknown, options: Partial<Omit<MappingOptions, "names">> = {}): MappingResult =>
  memberMapper({ mapping: [], defaults: [], now: () => NOW, ...options })(row);
const row = (more: object = {}): object => ({ name: "Anna", destination: "+380441112233", type: "1", ...more });

describe("lib/webitel/member-values", () => {
  it("sends times in milliseconds, and a row's own time wins", () => {
    for (const [given, sent] of [
      ["1767225599", "1767225599000"],
      [1_767_225_599_000, "1767225599000"],
      ["2025-12-31T23:59:59+02:00", "1767218399000"],
      [new Date(1_767_225_599_000), "1767225599000"],
      [1_767_225_599n, "1767225599000"],
      ["0", "0"],
    ] as const) {
      assert.equal(map(row({ expire_at: given }), { expireAt: 5 }).member?.expire_at, sent);
    }
    assert.equal(map(row(), { expireAt: 1_767_225_599_000 }).member?.expire_at, "1767225599000");
  });

  const refused: [string, object, string, string][] = [
    ["no number", { destination: " " }, "missing", "destination"],
    ["no type", { type: "" }, "missing-type", "type"],
    ["a number that a spreadsheet made short", { destination: "3.80441E+11" }, "spreadsheet", "destination"],
    ["the same with a comma", { destination: "3,80441E+11" }, "spreadsheet", "destination"],
    ["the same in a further number", { destination4: "3.8E11" }, "spreadsheet", "destination4"],
    ["a number with decimals", { destination: "380441112233.0" }, "decimal", "destination"],
    ["the same with a comma", { destination: "380441112233,5" }, "decimal", "destination"],
    ["two numbers of the same town", { destination: "044 1112233 1112244" }, "no-number", "destination"],
    ["the same with zeros", { destination: "380441112233.000000" }, "decimal", "destination"],
    ["two numbers with a dash", { destination: "1112233-1112244" }, "no-number", "destination"],
    ["two numbers with a slash", { destination: "111-22-33/111-22-44" }, "no-number", "destination"],
    ["two numbers with codes in brackets", { destination: "(044)1112233(067)1112244" }, "no-number", "destination"],
    ["a number behind an international one", { destination: "+380441112233 1112244" }, "no-number", "destination"],
    ["the same with 00", { destination: "00380441112233 1112244" }, "no-number", "destination"],
    ["a number that lost digits", { destination: 2 ** 60 }, "number", "destination"],
    ["a type that is no id", { type: "mobile" }, "lookup", "type"],
    ["a bucket that is no id", { bucket: "-4" }, "lookup", "bucket"],
    ["a type that lost digits", { type: 2 ** 60 }, "lookup", "type"],
    ["text for a number", { destination: "n/a" }, "no-number", "destination"],
    ["a formula's error", { destination: "#N/A" }, "no-number", "destination"],
    ["a card's number", { destination: "4111111111111111" }, "long", "destination"],
    ["an account's number", { destination2: "26001234567890123" }, "long", "destination2"],
    ["too many digits behind a plus", { destination: "+3804411122331112" }, "long", "destination"],
    ["too many behind 00", { destination: "003804411122331112" }, "long", "destination"],
    ["a dash", { destination: "-" }, "no-number", "destination"],
    ["a name in the number's column", { destination: "John" }, "no-number", "destination"],
    ["a number with thousands separators", { destination: "380,501,112,233" }, "no-number", "destination"],
    ["two numbers in a cell", { destination: "+380501112233; +380671112233" }, "no-number", "destination"],
    [
      "two numbers in a cell without a separator",
      { destination: "+380501112233 +380671112233" },
      "no-number",
      "destination",
    ],
    ["two national numbers in a cell", { destination: "0501112233 0671112233" }, "no-number", "destination"],
    ["a line break in a number", { destination: "+380501112233\nBob" }, "line-break", "destination"],
    ["a Date for a number", { destination: new Date() }, "number", "destination"],
    ["more numbers than a member has", { destination21: "+380501112233" }, "too-many", "communications"],
    ["letters as DTMF", { dtmf: "press 1" }, "digits", "dtmf"],
    ["an expiry that a spreadsheet made a number, without a time zone", { expire_at: "46144" }, "early", "expire_at"],
    ["a date read as seconds", { expire_at: "20260502" }, "early", "expire_at"],
    ["a year read as seconds", { expire_at: 2026 }, "early", "expire_at"],
    ["the same for the first offering", { min_offering_at: "202605021800" }, "early", "min_offering_at"],
    ["an expiry in the past", { expire_at: "2025-11-30T23:59:59Z" }, "past", "expire_at"],
    ["a day that does not exist", { expire_at: "2026-02-31T10:00Z" }, "time", "expire_at"],
    ["a character that no database takes", { name: "Anna\u0000" }, "control", "name"],
    ["a priority that is no number", { priority: "high" }, "integer", "priority"],
    ["a priority beyond 32 bits", { priority: "2147483648" }, "integer", "priority"],
    ["a time without a zone", { expire_at: "2025-12-31 23:59" }, "time", "expire_at"],
    ["letters that were lost", { name: "Bj\uFFFDrn" }, "encoding", "name"],
    ["an expiry in the year 5138", { expire_at: "99999999999999999" }, "late", "expire_at"],
    ["a list of variables", { variables: ["a"] }, "variables", "variables"],
  ];
  for (const [what, more, key, field] of refused) {
    it(`refuses ${what}`, () => {
      const { error } = map(row(more));
      assert.deepEqual([error?.key, error?.field], [key, field]);
    });
  }

  it("takes marks that nobody sees, the text formula and the apostrophe off numbers, and nothing else", () => {
    for (const [given, sent] of [
      ["\u202A+380501112233\u202C", "+380501112233"],
      ["\uFEFF+380501112233\u200B", "+380501112233"],
      ['="0501112233"', "0501112233"],
      ["'0501112233", "0501112233"],
      ["+38\u00A0050 111-22-33", "+38 050 111-22-33"],
      ["(050) 111-22-33", "(050) 111-22-33"],
      ["+38 (044) 111.22.33", "+38 (044) 111.22.33"],
      ["01.02.03.04.05", "01.02.03.04.05"],
      ["0086150 12345678", "0086150 12345678"],
      ["0800 1234567", "0800 1234567"],
      ["+49 1512345 678901", "+49 1512345 678901"],
      ["*100#", "*100#"],
      ["101", "101"],
      ["sip:anna@pbx.example", "sip:anna@pbx.example"],
      ["sips:+380501112233", "sips:+380501112233"],
      ["anna.berg@pbx.example", "anna.berg@pbx.example"],
      [380_501_112_233, "380501112233"],
      [380_501_112_233n, "380501112233"],
    ] as const) {
      assert.equal(map(row({ destination: given })).member?.communications[0]?.destination, sent, String(given));
    }
  });

  it("rejects numbers and addresses that hide digits or letters, and loads none as another one", async () => {
    const hidden = [
      "+35840***2233",
      "+35840*2233",
      "+35840 * * 2233",
      "+358 (***) 2233",
      "***2233",
      "044111**",
      "044 111 2# 33",
      "+35840....2233",
      "+35840…2233",
      "+35840••••2233",
      "+35840---2233",
      "+35840xxx2233",
      "35840XXXX33",
      "+35840___2233",
      "sip:+35840***33@pbx.example",
      "an***@pbx.example",
    ];
    const toE164 = await phoneReader("fi");
    for (const rules of [{}, { toE164 }])
      for (const destination of hidden)
        assert.equal(map(row({ destination }), rules).error?.key, "masked", destination);
    for (const destination of ["#31#0441112233", "*100#", "044-111-22-33", "xx.berg@pbx.example"])
      assert.equal(map(row({ destination })).member?.communications[0]?.destination, destination);
  });

  it("rejects a day, and a number with a count or another ending behind it", async () => {
    const toE164 = await phoneReader("fi");
    for (const rules of [{}, { toE164 }])
      for (const destination of [
        "12.05.2026",
        "2026-05-12",
        "12/05/2026",
        "05/31/1999",
        "0401234567(2)",
        "0401234567/68",
      ])
        assert.equal(map(row({ destination }), rules).error?.key, "no-number", destination);
    for (const destination of ["030/901820", "030 901820-12", "(040) 123 4567", "12.05.20.26", "45-67-2026"])
      assert.equal(map(row({ destination })).member?.communications[0]?.destination, destination);
  });

  it("reads cells of JSON, as the file for refused rows has them, as what they are", () => {
    const { member } = map(
      row({ variables: '{"a":1,"b":"two"}', bucket: '{"id":"4"}', type: '{"id":"2"}', reason: "r" }),
    );
    assert.deepEqual(
      [member?.variables, member?.["bucket"], member?.communications[0]?.type],
      [{ a: "1", b: "two" }, { id: "4" }, { id: "2" }],
    );
    assert.equal(map(row({ variables: '{"a":1,' })).error?.key, "variables");
    const communications = '[{"destination":"+380441112233","type":{"id":"1"}}]';
    const finished = map({
      name: "Anna",
      communications,
      variables: '{"a":1}',
      expire_at: "",
      reason: "destination: …",
    });
    assert.deepEqual(finished.member, {
      name: "Anna",
      communications: [{ destination: "+380441112233", type: { id: "1" } }],
      variables: { a: "1" },
    });
  });

  it("makes national numbers E.164 where a country is given, and rejects those that cannot exist", async () => {
    const toE164 = await phoneReader("ua");
    const read = (destination: unknown): unknown => {
      const { member, error } = map(row({ destination }), { toE164 });
      return member?.communications[0]?.destination ?? error?.key;
    };
    assert.deepEqual(
      [
        "050 111-22-33",
        "+380501112233",
        "380501112233",
        "+49 30 901820",
        "12",
        "05011122334455",
        "sip:a@b.example",
        "050 111 22 33 ext. 5",
        // Nobody gives out such numbers, but their length is right.
        "010 111 22 33",
        "+999123456789",
        "5011122",
        // A digit is missing, so that the trunk prefix counts as one of nine.
        "044 111 22 3",
        "+38 044 111 22 3",
      ].map(read),
      [
        "+380501112233",
        "+380501112233",
        "+380501112233",
        "+4930901820",
        "no-number",
        "impossible",
        "sip:a@b.example",
        "no-number",
        "+380101112233",
        "impossible",
        "impossible",
        "impossible",
        "impossible",
      ],
    );
    const italian = await phoneReader("IT");
    assert.deepEqual(
      italian("06 1234 5678"),
      { number: "+390612345678" },
      "where the leading zero belongs to the number",
    );
    const german = await phoneReader("DE");
    const TWO = { key: "two-numbers" };
    assert.deepEqual(
      [
        "4915123456789",
        "49 176 12345678",
        "+4915123456789",
        "015123456789",
        "0491 5123456",
        "493012345678",
        "4921123456",
      ].map(german),
      [
        { number: "+4915123456789" },
        { number: "+4917612345678" },
        { number: "+4915123456789" },
        { number: "+4915123456789" },
        { number: "+494915123456" },
        { number: "+493012345678" },
        // Emden, or Düsseldorf.
        TWO,
      ],
    );
    assert.deepEqual((await phoneReader("ID"))("62812345678"), TWO);
    await assert.rejects(phoneReader("XX"), { code: "EINVALID", key: "webitel.errors.country" });
  });

  it("takes off the trunk prefix behind a country code, which nobody dials, but in Italy", () => {
    for (const [given, sent] of [
      ["+49 (0) 30 901820", "+49 30 901820"],
      ["+49(0)30 901820", "+49 30 901820"],
      ["(+49) (0)30/901820", "(+49) 30/901820"],
      ["0049 (0)30 901820", "0049 30 901820"],
      ["+380 (0)44 111 22 33", "+380 44 111 22 33"],
      ["+39 (0)6 1234 5678", "+39 (0)6 1234 5678"],
      ["(0)30 901820", "(0)30 901820"],
    ]) {
      assert.equal(map(row({ destination: given })).member?.communications[0]?.destination, sent);
      const call = callBody({ destination: given, extension: "1017" });
      assert.deepEqual(call, { destination: sent, from: { extension: "1017" } });
    }
  });

  it("reads times without a zone in the time zone of the node, and a spreadsheet's serial days", () => {
    for (const given of [
      "2026-05-02 18:00",
      "2026-05-02T18:00:00",
      "02.05.2026 18:00",
      "2.5.2026 18:00:00",
      "46144.75",
      46_144.75,
      "46144,75",
    ]) {
      const { member } = map(row({ expire_at: given }), { timezone: "Europe/Kyiv" });
      assert.equal(member?.expire_at, String(Date.parse("2026-05-02T18:00:00+03:00")), String(given));
    }
  });
});
