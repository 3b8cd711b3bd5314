/** Credentials within texts, objects and lists: what is hidden, what is not, and how long that takes. */
import assert from "node:assert/strict";
import { withoutCredentials } from "../../../lib/recorder/credentials.js";
import { withHidden, withoutHidden } from "../../../lib/recorder/hidden.js";
import { Privacy } from "../../../lib/recorder/privacy.js";

const privacy = new Privacy(undefined);
const json = (value: unknown): string => privacy.json(value, new Set(), 4000);

const PEM = (kind: string): string => `-----BEGIN ${kind}-----\nS3CRET\nS3CRET2==\n-----END ${kind}-----`;
const PART = 'Content-Disposition: form-data; name="password"\r\n\r\nS3CRET S3CRET\r\n--b1--';

/** Texts with credentials by their kind; each credential is `S3CRET`, or has it in it. */
const WITH_CREDENTIALS: Readonly<Record<string, readonly string[]>> = {
  YAML: [
    "password: |\n  S3CRET\n\n  S3CRET\nuser: anna",
    "login:\n  password: >-  # folded\n    S3CRET\n    S3CRET\n  user: anna",
    "password:\n  S3CRET\nuser: anna",
    "tokens:\n- S3CRET\n- S3CRET\nuser: anna",
    '- "password": |2\n    S3CRET S3CRET\n- user: anna',
    JSON.stringify({ body: "password: |\n  S3CRET S3CRET\nuser: anna" }),
    JSON.stringify({ body: JSON.stringify({ yaml: "password:\r\n  S3CRET S3CRET\r\nuser: anna" }) }),
    "Authorization:\r\n Basic S3CRET",
  ],
  code: [
    "token=b'S3CRET S3CRET'",
    'token = r"S3CRET S3CRET"',
    "{'token': u'S3CRET S3CRET', 'x': 1}",
    'let token = r#"S3CRET" S3CRET"#;',
    'password = """S3CRET\n"S3CRET" """',
    JSON.stringify({ code: 'password = """S3CRET S3CRET"""' }),
    "password = '''S3CRET S3CRET'''",
    "const password = `S3CRET S3CRET`;",
    'string pwd = @"S3CRET S3CRET";',
    'password="a""S3CRET"',
    "set pwd = 'a''S3CRET'",
    "WHERE password = N'S3CRET S3CRET'",
  ],
  pairs: [
    '[["authorization","Token S3CRET S3CRET"]]',
    '["x-api-key","S3CRET"]',
    '["Host","h","Cookie","sid=S3CRET; b=S3CRET","Accept","*/*"]',
    "[['password', 'S3CRET S3CRET'], ['x', 'y']]",
    '[["pin",1234,"password","S3CRET"]]',
    JSON.stringify({ raw: JSON.stringify(["Host", "h", "Cookie", "sid=S3CRET S3CRET"]) }),
    '["Host","h","Cookie","sid=S3CRET; b=S3CRET","Acc',
    '["curl","-u","bob:S3CRET","https://h"]',
    '["run","x","--password","S3CRET"]',
    '{"name":"X-Api-Key","value":"S3CRET S3CRET"}',
    '{"key": "password", "type": "text", "value": "S3CRET S3CRET"}',
    JSON.stringify({ har: JSON.stringify({ name: "Cookie", value: "S3CRET S3CRET" }) }),
    '<param name="password" value="S3CRET S3CRET"/>',
    '<meta name="csrf-token" content="S3CRET">',
    '<string name="api_key">S3CRET S3CRET</string>',
  ],
  commands: [
    "curl -u bob:S3CRET https://h",
    "curl -u 'bob:S3CRET S3CRET' https://h",
    'curl --user "bob:S3CRET" https://h',
    "curl --proxy-user bob:S3CRET https://h",
    "curl --user=bob:S3CRET https://h",
    JSON.stringify({ command: 'curl -u "bob:S3CRET S3CRET" https://h' }),
    'curl -H "Authorization: Bearer S3CRET" https://h',
    "curl -H 'Authorization: Token S3CRET S3CRET' https://h",
    "curl -H 'X-Api-Key: S3CRET' https://h",
    "wget --user bob --password S3CRET https://h",
    "http --auth bob:S3CRET https://h",
    "run -password 'S3CRET S3CRET'",
  ],
  forms: [
    `--b1\r\n${PART}`,
    `--b1\r\n${PART.replace("\r\n\r\n", "\r\nContent-Type: text/plain\r\n\r\n")}`,
    JSON.stringify({ body: `--b1\r\n${PART}` }),
    'Content-Disposition: form-data; name="token"; filename="t.txt"\n\nS3CRET\nS3CRET',
  ],
  keys: [
    ...["RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PGP PRIVATE KEY BLOCK", "PGP MESSAGE", "CERTIFICATE"].map(PEM),
    "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nS3CRET\n---- END SSH2 ENCRYPTED PRIVATE KEY ----",
    JSON.stringify({ pem: PEM("PGP PRIVATE KEY BLOCK") }),
  ],
  addresses: [
    "https://h/o?X-Amz-Credential=S3CRET%2F20261123%2Feu%2Fs3&X-Amz-Security-Token=S3CRET&X-Amz-Signature=S3CRET",
    "https://h/o?x-goog-signature=S3CRET&x=1",
    "https://h/o?sv=2024-01-01&se=2026-11-23&sig=S3CRET%3D",
    "https://h/o?sv=2024-01-01&amp;sig=S3CRET",
    '{"url":"https://h/o?sv=2024\\u0026sig=S3CRET"}',
    '{"sig":"S3CRET","X-Amz-Signature":"S3CRET"}',
  ],
};

/** Texts without any. */
const ORDINARY: readonly string[] = [
  "The caller asks for her order, and waits since 10:30.",
  "Basic support, basic setup and the digest of the day",
  "Your key is at the desk; the code of conduct applies.",
  "Press 1 for sales, 2 for support, or wait for an agent.",
  "The password was changed yesterday.",
  "Enter your pin and press the hash key.",
  "Passengers of the author's compass tour",
  "Ring anna@contoso.example, or sip:anna@contoso.example",
  "Opening hours: Mon-Fri 8:00-16:00 (Sat: closed)",
  "https://host.example/orders/17?page=2&sort=name&lang=en-US",
  "https://host.example/a?signal=on&design=flat",
  '{"InitialTarget":"sales","Priority":9000}',
  '{"STATUS":0,"ACTION":"GO_TO_LAYER","LAYER":7,"CALLER_NAME":"Anna"}',
  '{"name":"Anna","value":"gold"}',
  '[{"name":"Accept","value":"*/*"},{"name":"Host","value":"h"}]',
  '{"key":"Enter","code":13}',
  '["sales","support","billing"]',
  '["Host","h.example","Accept","*/*","Content-Type","application/json"]',
  '["name","password"]',
  '["name","password","email"]',
  '["the password is wrong","try again"]',
  '[1,2,3] and ["a",{"b":["c",\'d\']}]',
  "queues:\n  - sales\n  - support\nlanguage: en\n",
  "note: |\n  first line\n  second line\nnext: 1",
  "Enter the password:\n  then press OK",
  "Steps:\n1. open the door\n2. turn the key",
  "Error: invalid token\n    at parse (/app/flow.js:10:5)\n    at run (/app/flow.js:20:7)",
  "TypeError: Cannot read properties of undefined (reading 'token')",
  "connect ECONNREFUSED 127.0.0.1:5432",
  "ls -l --color auto | sort -u -k 2",
  "docker run --name red -p 1880:1880 -v data:/data nodered/node-red",
  "tar -xzf a.tgz && npm ci --omit dev",
  "sqlmap is not used: scan -u https://host.example/x",
  "<order><id>17</id><name>Anna</name><state code='3'>open</state></order>",
  '<param name="colour" value="red"/><item key="a">b</item>',
  '<input name="city" value="Kyiv"> <label for="city">City</label>',
  'Content-Disposition: form-data; name="city"\r\n\r\nKyiv\r\n--b1--',
  "SELECT name, price FROM orders WHERE state = 'open' AND city = N'Kyiv'",
  "x = b'bytes'; y = r\"raw\"; z = `${x} of ${y}`; print(f'{x}')",
  "const total = items.map((each) => each.price).reduce((a, b) => a + b, 0);",
  "----- BEGIN OF REPORT -----\n3 calls, 2 answered\n----- END -----",
  "Begin: 10:00, end: 11:00 - beginning of the shift",
  "user: anna\nrole: agent\nteam: 'second line'",
  "at 10:30 by anna, 12:45 by bert: 3 of 5 calls (60 %)",
  '10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /calls HTTP/1.1" 200 12',
  "Kysymys: mikä on tilauksen tila? Ответ: открыт. 客户在线",
  'C:\\Users\\anna\\new\\report.txt and "a quoted \\"text\\""',
  "1;2;3\n4;5;6\nname;city\nAnna;Kyiv",
  "de-us, fr-user, en-UK and pre-used",
  "The session sid of the side, significant and assigned",
];

/** Parts of texts that are made to take long: of names, separators, quotes, brackets, lines and blocks that lead nowhere. */
const HOSTILE: readonly string[] = [
  ...[
    "pwd:\n ",
    "pwd: |\n",
    "pwd:\\n",
    "pwd: |\\n x\\n",
    `${" ".repeat(190)}pwd:\n`,
    `pwd:\n${" ".repeat(50)}`,
    "- pwd:\n  ",
  ],
  ...['["', "['\"", '["a",', '[\\"', "[[", '["pwd","', '["[", ', '["-u",', "[\"a\",'b',", '["]",['],
  ...[
    "\\",
    '\\\\"',
    "pwd=\\",
    'pwd="\\',
    "pwd='''",
    'pwd="""',
    'pwd=r#"',
    "pwd=r########",
    "pwd=`",
    'pwd=""',
    "pwd=x;",
  ],
  ...[
    'name="pwd"',
    'name="pwd"\n\n',
    'name="pwd"\r\na:b\r\n',
    '<a name="pwd" ',
    '<a name="pwd">',
    `name="pwd"${"v".repeat(290)}`,
  ],
  ...["-u ", `-u ${"a".repeat(250)}`, "--user=", "--password ", "-pass -", `--${"a".repeat(58)} `, "curl -u 'a:"],
  ...[
    "-----BEGIN ",
    "-----BEGIN A-----",
    "----",
    "---- BEGIN SSH2 ",
    "?sig=",
    "&x-amz-signature",
    "basic ",
    "Basic aA",
    "bearer  ",
  ],
  ...[
    "\n",
    "\\r\\n",
    `a${"\\".repeat(15)}n`,
    `pwd:${"\\".repeat(30)}`,
    "pwd=;a b.c-",
    "<pin><![CDATA[",
    "a:b@",
    '"pass":[',
  ],
];

describe("Credentials", () => {
  for (const [kind, texts] of Object.entries(WITH_CREDENTIALS))
    it(`are hidden in ${kind}`, () => {
      for (const text of texts)
        for (const kept of [withoutCredentials(text), json({ note: text }), json({ note: { a: [text] } })])
          assert.doesNotMatch(kept, /S3|CRET/, `${text} is kept as ${kept}`);
    });

  it("are hidden in lists of names and values, and in items that name them", () => {
    for (const value of [
      [["authorization", "S3CRET"]],
      ["Host", "h", "Cookie", "S3CRET", "Accept", "*/*"],
      [["pin", 1234, "password", { a: "S3CRET" }]],
      ["curl", "-u", "bob:S3CRET", "https://h"],
      ["run", "x", "--password", "S3CRET"],
      { Name: "X-Api-Key", Value: "S3CRET" },
      { header: "authorization", content: "S3CRET" },
      { query: { sig: "S3CRET", "X-Amz-Signature": "S3CRET", "X-Amz-Credential": "S3CRET" } },
    ]) {
      for (const kept of [json(value), JSON.stringify(withHidden(value)), JSON.stringify(withoutHidden(value) ?? null)])
        assert.doesNotMatch(kept, /S3CRET|1234/, kept);
    }
    assert.equal(json(["x-api-key", "S3CRET"]), '["x-api-key","[hidden]"]');
  });

  it(`leave ${ORDINARY.length} ordinary texts as they are`, () => {
    assert.ok(ORDINARY.length >= 40);
    for (const text of ORDINARY) assert.equal(withoutCredentials(text), text);
    for (const list of [
      ["name", "password"],
      ["id", "token", "name"],
      ["the password is wrong", "try again"],
      ["Host", "h", "Accept", "*/*"],
      ["-u", "anna"],
    ])
      assert.deepEqual(withHidden(list), list);
  });

  it("have the text around them", () => {
    for (const [text, kept] of [
      ["password: |\n  a\n  b\nuser: anna", "password: |\n  [hidden]\nuser: anna"],
      ['{"body":"password: |\\n  a b\\nuser: anna"}', '{"body":"password: |\\n  [hidden]\\nuser: anna"}'],
      ["curl -u 'a:b' https://h", "curl -u '[hidden]' https://h"],
      ["curl -H 'Authorization: x y' https://h", "curl -H 'Authorization: [hidden]' https://h"],
      ['[["a","b"],["pin","c"]]', '[["a","b"],["pin","[hidden]"]]'],
      ["token=b'a'; x=b'c'", "token=b'[hidden]'; x=b'c'"],
      ["?sv=1&sig=a&x=1", "?sv=1&sig=[hidden]&x=1"],
    ] as const) {
      assert.equal(withoutCredentials(text), kept);
      assert.equal(withoutCredentials(kept), kept);
    }
  });

  it("are looked for in 64 kB within a second of processor time, whatever stands there", () => {
    for (const part of HOSTILE)
      for (const before of ["", "pwd "]) {
        const text = `${before}${part.repeat(65_536)}`.slice(0, 65_536);
        const begun = process.cpuUsage();
        withoutCredentials(text);
        const { user } = process.cpuUsage(begun);
        assert.ok(user < 1_000_000, `${JSON.stringify(part)}: ${user} µs`);
      }
  });
});
