/** Who may call a webhook: credentials, networks, and what happens while a setting is wrong. On a real Node-RED. */
import assert from "node:assert/strict";
import { code, node, probe, statusProbe, TAB, tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { type Reply, send } from "../../support/webhook.js";

const basic = (user: string, password: string): Record<string, string> => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});

/** As `openssl rand -base64` makes them. */
const MADE = "Zm9v/YmFy+x==";
const WITH_BADGE =
  "empty odd wrong second third fourth office unset-key unset-part unset-network blank-network nothing-key unfinished-network blank-entry open-one dots".split(
    " ",
  );

describe("webhook access", () => {
  let red: NodeRed;
  const endpoint = (id: string, settings: object, credentials: object = {}): FlowNode[] => [
    node(id, "smartrouting-in", { url: `/${id}`, auth: "none", ...settings, credentials }, [
      [`${id}-seen`, `${id}-flow`],
      [],
    ]),
    probe(`${id}-seen`),
    code(`${id}-flow`, "msg.payload = {}; return msg;", [[`${id}-out`]]),
    node(`${id}-out`, "smartrouting-out"),
  ];
  before(async () => {
    // A proxy in front is played by the test itself: 127.0.0.1 is the trusted one.
    red = await NodeRed.start({
      env: { API_KEY_HEADER: "X-Env-Key", OFFICE: "192.0.2.1,127.0.0.0/8", BLANK: "", KEY: "k3y" },
    });
    await red.deploy([
      tab(),
      ...endpoint("apikey", { auth: "apikey" }, { apiKey: "k3y" }),
      ...endpoint("header", { auth: "apikey", apiKeyHeader: "${API_KEY_HEADER}" }, { apiKey: "k3y" }),
      ...endpoint("basic", { auth: "basic" }, { username: "benemen", password: "pass:word" }),
      ...endpoint("secret", { auth: "secret" }, { secret: "s3cret/ä" }),
      ...endpoint("dots", { auth: "secret" }, { secret: ".." }),
      ...endpoint("empty", { auth: "apikey" }),
      ...endpoint("odd", { auth: "telepathy" }, { apiKey: "k" }),
      ...endpoint("office", { networks: ["${OFFICE}", "::1"] }),
      ...endpoint("elsewhere", { networks: ["192.0.2.0/24"], auth: "apikey" }, { apiKey: "k3y" }),
      ...endpoint("proxied", { networks: ["192.0.2.0/24"], proxies: ["127.0.0.1"] }),
      ...endpoint("wrong", { networks: ["192.0.2.0/33"] }),
      ...endpoint("open-one", {}),
      ...endpoint("slash", { auth: "secret" }, { secret: MADE }),
      ...endpoint("blanks", { auth: "apikey" }, { apiKey: " k3y\t\n" }),
      ...endpoint("two-keys", { auth: "apikey" }, { apiKey: "old", apiKey2: "new" }),
      ...endpoint("two-passwords", { auth: "basic" }, { username: "u", password: "old", password2: "new" }),
      ...endpoint("two-secrets", { auth: "secret" }, { secret: "old", secret2: "new" }),
      ...endpoint("env-key", { auth: "apikey" }, { apiKey: "${KEY}" }),
      ...endpoint("made-key", { auth: "apikey" }, { apiKey: "Ab9x${Kq7" }),
      ...endpoint("made-part", { auth: "apikey" }, { apiKey: "x${KEY}!${" }),
      ...endpoint("made-password", { auth: "basic" }, { username: "u", password: "${Kq7" }),
      ...endpoint("nothing-key", { auth: "apikey" }, { apiKey: "${BLANK}" }),
      ...endpoint("unfinished-network", { networks: ["127.0.0.1", "${OFFICE"] }),
      ...endpoint("unset-key", { auth: "apikey" }, { apiKey: "${NOT_SET}" }),
      ...endpoint("unset-part", { auth: "secret" }, { secret: "${NOT_SET}" }),
      ...endpoint("unset-old", { auth: "apikey" }, { apiKey: "$(NOT_SET)" }),
      ...endpoint("unset-network", { networks: ["${NOT_SET}"] }),
      ...endpoint("blank-network", { networks: ["${BLANK}"] }),
      ...endpoint("blank-entry", { networks: [""] }),
      ...endpoint("closed", { auth: undefined }, { apiKey: "k3y", secret: "s3cret" }),
      node(
        "closed-layer",
        "voicenter-layer-in",
        { url: "/closed-layer", deadline: 50, credentials: { secret: "s3cret" } },
        [[], []],
      ),
      ...statusProbe(WITH_BADGE, "badge"),
      node("second", "voicenter-layer-in", { auth: "none", url: "/apikey" }, [[], []]),
      node("named", "smartrouting-in", { auth: "none", url: "/named", name: "Sales IVR" }, [[], []]),
      node("third", "voicenter-layer-in", { auth: "none", url: "/named" }, [[], []]),
      node("long", "smartrouting-in", { auth: "none", url: "/long", name: "Sales in the evening" }, [[], []]),
      node("fourth", "voicenter-layer-in", { auth: "none", url: "/long" }, [[], []]),
    ]);
  });
  after(() => red?.stop());
  const ask = (path: string, headers: Record<string, string> = {}, body: object = { anum: "+1" }): Promise<Reply> =>
    send(`${red.url}/${path}`, body, { headers });
  const statuses = async (cases: [string, Record<string, string>, number][]): Promise<void> => {
    for (const [path, headers, status] of cases)
      assert.equal((await ask(path, headers)).status, status, `${path} ${JSON.stringify(headers).slice(0, 80)}`);
  };

  const badge = async (id: string): Promise<string> => {
    const fits = (message: Record<string, unknown>): boolean =>
      (message["status"] as { source: { id: string } }).source.id === id;
    return ((await red.message("badge", fits))["status"] as { text: string }).text;
  };

  it("take an API key in the vendor's header or another", () =>
    statuses([
      ["apikey", { "X-Benemen-APIKey": "k3y" }, 204],
      ["apikey", { "x-benemen-apikey": "k3y" }, 204],
      ["apikey", { "X-Benemen-APIKey": "k3y2" }, 401],
      ["apikey", { "X-Benemen-APIKey": "K3Y" }, 401],
      ["apikey", { "X-Benemen-APIKey": "x".repeat(8000) }, 401],
      ["apikey", {}, 401],
      ["apikey?key=k3y", {}, 401],
      ["header", { "X-Env-Key": "k3y" }, 204],
      ["header", { "X-Benemen-APIKey": "k3y" }, 401],
    ]));

  it("take a user name and password, and ask for them", async () => {
    await statuses([
      ["basic", basic("benemen", "pass:word"), 204],
      ["basic", basic("benemen", "pass"), 401],
      ["basic", basic("", ""), 401],
      ["basic", { Authorization: "Basic" }, 401],
      ["basic", { Authorization: "Bearer x" }, 401],
    ]);
    assert.match((await ask("basic")).headers.get("www-authenticate") ?? "", /^Basic/);
  });

  it("take a secret in the path or as ?key=, and nowhere else", () =>
    statuses([
      [`secret/${encodeURIComponent("s3cret/ä").replace("%2F", "%252F")}`, {}, 401],
      [`secret?key=${encodeURIComponent("s3cret/ä")}`, {}, 204],
      ["secret?key=wrong", {}, 401],
      ["secret/wrong", {}, 401],
      ["secret", {}, 401],
      ["apikey/k3y", {}, 404],
    ]));

  it("take any secret as a segment or as ?key=, encoded or as it was pasted", () =>
    statuses([
      [`slash/${encodeURIComponent(MADE)}`, {}, 204],
      [`slash/${encodeURIComponent(MADE)}/`, {}, 204],
      [`slash/${MADE}`, {}, 204],
      [`slash/${MADE}/`, {}, 204],
      [`slash?key=${encodeURIComponent(MADE)}`, {}, 204],
      [`slash?key=${MADE}`, {}, 204],
      [`slash?a=1&key=${MADE}&b=2`, {}, 204],
      [`slash?monkey=${MADE}`, {}, 401],
      [`slash/${MADE.slice(0, -1)}`, {}, 404],
      [`slash%2F${encodeURIComponent(MADE)}`, {}, 404],
      ["slash/%E0%A4%A", {}, 401],
      ["secret/s3cret%2F%C3%A4", {}, 204],
    ]));

  it("trim what was pasted, and take two of each for rotation", () =>
    statuses([
      ["blanks", { "X-Benemen-APIKey": "k3y" }, 204],
      ["two-keys", { "X-Benemen-APIKey": "old" }, 204],
      ["two-keys", { "X-Benemen-APIKey": "new" }, 204],
      ["two-keys", { "X-Benemen-APIKey": "other" }, 401],
      ["two-passwords", basic("u", "old"), 204],
      ["two-passwords", basic("u", "new"), 204],
      ["two-passwords", basic("u", ""), 401],
      ["two-secrets/old", {}, 204],
      ["two-secrets?key=new", {}, 204],
      ["two-secrets", {}, 401],
    ]));

  it("are closed where a flow names no authentication", () =>
    statuses([
      ["closed", {}, 401],
      ["closed", { "X-Benemen-APIKey": "k3y" }, 204],
      ["closed-layer", {}, 401],
      ["closed-layer/s3cret", {}, 200],
    ]));

  it("take a credential letter by letter, unless the whole of it is a variable", () =>
    statuses([
      ["made-key", { "X-Benemen-APIKey": "Ab9x${Kq7" }, 204],
      ["made-key", { "X-Benemen-APIKey": "Ab9x" }, 401],
      ["made-part", { "X-Benemen-APIKey": "x${KEY}!${" }, 204],
      ["made-part", { "X-Benemen-APIKey": "xk3y!" }, 401],
      ["made-password", { Authorization: `Basic ${btoa("u:${Kq7")}` }, 204],
      ["made-password", { Authorization: `Basic ${btoa("u:")}` }, 401],
    ]));

  it("refuse everybody where a variable is not set or empty, and say which", async () => {
    await statuses([
      ["env-key", { "X-Benemen-APIKey": "k3y" }, 204],
      ["env-key", { "X-Benemen-APIKey": "${KEY}" }, 401],
      ["nothing-key", {}, 401],
      ["nothing-key", { "X-Benemen-APIKey": "${BLANK}" }, 401],
      ["unfinished-network", {}, 401],
      ["unset-key", { "X-Benemen-APIKey": "${NOT_SET}" }, 401],
      ["unset-key", {}, 401],
      ["unset-part/", {}, 401],
      ["unset-part?key=${NOT_SET}", {}, 401],
      ["unset-old", { "X-Benemen-APIKey": "$(NOT_SET)" }, 401],
      ["unset-network", {}, 403],
      ["blank-network", {}, 403],
      ["blank-entry", {}, 403],
    ]);
    for (const id of ["unset-key", "unset-part", "unset-network"]) assert.equal(await badge(id), "NOT_SET not set", id);
    for (const id of ["blank-network", "nothing-key"]) assert.equal(await badge(id), "BLANK not set", id);
    assert.equal(await badge("blank-entry"), "wrong network");
    assert.equal(await badge("unfinished-network"), "check networks");
    assert.ok(red.log.some((line) => line.includes(":unset-key]") && line.includes("variable NOT_SET is not set")));
  });

  it("say on the badge that they are open, unless networks are set", async () => {
    assert.equal(await badge("open-one"), "open");
    assert.equal(await badge("office"), "waiting");
  });

  it("refuse everybody while the credential is empty, and say so on the badge", async () => {
    await statuses([
      ["empty", {}, 401],
      ["empty", { "X-Benemen-APIKey": "" }, 401],
      ["empty", { "X-Benemen-APIKey": "undefined" }, 401],
      ["odd", { "X-Benemen-APIKey": "k" }, 401],
    ]);
    const badge = await red.message(
      "badge",
      (message) => (message["status"] as { source: { id: string } }).source.id === "empty",
    );
    assert.deepEqual(
      [(badge["status"] as { text: string; fill: string }).text, (badge["status"] as { shape: string }).shape],
      ["no credential", "ring"],
    );
  });

  it("refuse everybody with a secret that no address can end in, and say so on the badge", async () => {
    assert.equal((await send(`${red.url}/dots?key=..`, {})).status, 401);
    assert.equal(await badge("dots"), "wrong secret");
    assert.ok(red.log.some((line) => line.includes("no address can end in a secret")));
  });

  it("check the network before the credentials", () =>
    statuses([
      ["office", {}, 204],
      ["elsewhere", { "X-Benemen-APIKey": "k3y" }, 403],
      ["elsewhere", {}, 403],
      ["elsewhere", { "X-Forwarded-For": "192.0.2.7", "X-Benemen-APIKey": "k3y" }, 403],
      ["proxied", { "X-Forwarded-For": "192.0.2.7" }, 204],
      ["proxied", { "X-Forwarded-For": "192.0.2.7, 198.51.100.1" }, 403],
      ["proxied", { "X-Forwarded-For": "198.51.100.1, 192.0.2.7" }, 204],
      ["proxied", { "X-Forwarded-For": "not an address" }, 403],
      ["proxied", {}, 403],
      ["wrong", {}, 403],
    ]));

  for (const [second, badge, first] of [
    ["second", `in use on ${TAB}`, '"/apikey" (apikey)'],
    ["third", "in use: Sales IVR", '"Sales IVR" (named)'],
    ["fourth", `in use on ${TAB}`, '"Sales in the evening" (long)'],
  ] as const)
    it(`let only one node serve a path, and the ${second} says which one does`, async () => {
      const { status } = (await red.message(
        "badge",
        (message) => (message["status"] as { source: { id: string } }).source.id === second,
      )) as unknown as { status: { text: string; fill: string } };
      assert.deepEqual([status.text, status.fill], [badge, "red"]);
      const line = red.log.find((text) => text.includes(`[voicenter-layer-in:${second}]`));
      assert.ok(line?.includes(`Another node, ${first} on "${TAB}", already serves POST /`), line);
    });

  it("show nothing secret in the message or the log", async () => {
    red.forget();
    await ask("apikey?a=1&key=2", { "X-Benemen-APIKey": "k3y", Cookie: "session=1", "X-Other": "seen" });
    await ask(`secret?a=1&key=${encodeURIComponent("s3cret/ä")}&b=2`, {
      "X-Original-URL": `/secret?key=${encodeURIComponent("s3cret/ä")}`,
    });
    await ask("basic", basic("benemen", "pass:word"));
    const [first, second, third] = await Promise.all(
      ["apikey-seen", "secret-seen", "basic-seen"].map((id) => red.message(id)),
    );
    const req = (message: unknown): Record<string, unknown> => (message as { req: Record<string, unknown> }).req;
    assert.deepEqual(
      [req(first)["url"], req(first)["query"], req(first)["method"], req(first)["ip"]],
      ["/apikey?a=1&key=2", { a: "1", key: "2" }, "POST", "127.0.0.1"],
    );
    assert.equal((req(first)["headers"] as Record<string, string>)["x-other"], "seen");
    assert.deepEqual([req(second)["url"], req(second)["query"]], ["/secret?a=1&b=2", { a: "1", b: "2" }]);
    const told = JSON.stringify([first, second, third, red.log]);
    for (const secret of [
      "k3y",
      "s3cret",
      "session=1",
      "pass:word",
      Buffer.from("benemen:pass:word").toString("base64"),
    ])
      assert.ok(!told.includes(secret), secret);
  });

  it("show no credential that is repeated elsewhere in the request", async () => {
    red.forget();
    const repeats = (text: string): string => `again=${text}&${text}=1&url=https://x/${text}?a&next=1`;
    const secret = encodeURIComponent(MADE);
    const body = { anum: "1", extradata: { Note: "new k3y" } };
    await ask(`slash?key=${secret}&${repeats(secret)}&plus=${MADE}`, { Referer: `https://x/slash/${secret}` }, body);
    await ask(`slash/${secret}?${repeats(encodeURIComponent(secret))}`, { "X-Original-URL": `/slash/${MADE}` }, body);
    await ask(`two-passwords?${repeats("new")}`, {
      ...basic("u", "new"),
      "X-Auth": basic("u", "new")["Authorization"] ?? "",
    });
    await ask(`apikey?${repeats("k3y")}`, { "X-Benemen-APIKey": "k3y", "X-Key": "k3y" });
    const seen = await Promise.all(["slash-seen", "two-passwords-seen", "apikey-seen"].map((id) => red.message(id)));
    await until("the second call", () => red.messages("slash-seen").length === 2);
    for (const message of [...seen, ...red.messages("slash-seen")]) {
      const { query, url } = message["req"] as { query: object; url: string };
      assert.deepEqual([query, url.split("?")[1]], [{ next: "1" }, "next=1"]);
    }
    const [{ payload }] = seen as [{ payload: { extradata: unknown } }, ...unknown[]];
    // The vendor's own data stays as it came.
    assert.deepEqual(payload.extradata, body.extradata);
    const told = JSON.stringify([red.seen, red.log]).replaceAll("new k3y", "");
    for (const text of [MADE, secret, "k3y", basic("u", "new")["Authorization"] ?? ""])
      assert.ok(!told.includes(text), text);
  });
});
