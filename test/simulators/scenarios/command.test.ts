/** The command as a CI server runs it: verdicts, exit codes, and what it says when something is wrong. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Ran, runScenarios, ScenarioFolder } from "../../support/scenario-command.js";
import { code, FLOW, node, ring, scenario } from "../../support/scenario-flow.js";

const WORDS = {
  now: "2026-03-04",
  environment: { QUEUE: "+358200" },
  context: { flow: { word: "-flow" }, global: { word: "-global" } },
};
const SCENARIOS = [
  scenario(
    "A given is given",
    [ring("1", { answer: { InitialTarget: "+358200", CustomTTS: "2026-03-04-flow-global" } })],
    { given: WORDS },
  ),
  scenario("B is forgotten by the next", [
    ring("1", { answer: { InitialTarget: "+358100", CustomTTS: "undefinedundefinedundefined" } }),
  ]),
  scenario("C has another answer", [
    ring("1", { answer: { InitialTarget: "+358101" }, answerHas: { CustomTTS: "x" }, withinMs: 0, hangsUp: true }),
  ]),
  scenario("D reaches outside", [ring("2", { fallback: "deadline" })]),
  scenario("E is answered for", [ring("2", { answer: { CustomMSI: "m" } })], {
    given: { answers: { CRM: [{ message: { payload: { CustomMSI: "m" } } }] } },
    expect: { messages: { CRM: [{ call: { from: "2" } }], Missed: [] }, context: { flow: { last: "2" } } },
  }),
  scenario("F asks more often than it is answered", [ring("2"), ring("2", { fallback: "deadline" })], {
    given: { answers: { CRM: [{ message: { payload: {} } }] } },
  }),
  scenario("G has an error", [ring("3")]),
  scenario("H expects it", [ring("3")], { expect: { errors: ["no such customer"] } }),
  scenario("I is too slow", [ring("4")]),
  scenario("J expects that", [ring("4", { fallback: "deadline", status: 204 })], {
    expect: { messages: { Missed: [{ reason: "deadline" }] } },
  }),
  scenario("K answers what is invalid", [ring("5", { fallback: "error" })], { expect: { errors: ["Priority"] } }),
  scenario("L finds its own way out", [ring("6", { answer: { CustomTTS: "ECONNREFUSED" } })]),
  scenario("M names nobody", [ring("1")], { expect: { messages: { Nobody: [], Twice: [] } } }),
  scenario("N rings what is not there", [{ ring: { node: "Nobody" } }]),
  scenario("O waits for what does not come", [ring("1")], { expect: { messages: { Missed: [{ reason: "closed" }] } } }),
];

describe("simulators/scenarios: the command", function () {
  this.timeout(180_000);
  const folder = new ScenarioFolder();
  after(() => folder.remove());

  describe("with scenarios of all kinds", () => {
    let ran: Ran;
    const report = join(folder.path, "report.xml");
    before(async () => {
      folder.write(FLOW, { scenarios: SCENARIOS });
      ran = await runScenarios([folder.flows, folder.scenarios, "--junit", report]);
    });
    /** The faults that are printed below a scenario; none: it passed. */
    const faults = (letter: string): string[] => {
      const lines = ran.text.split("\n");
      const at = lines.findIndex((line) => new RegExp(`^(?: {2}ok {2}|FAILED) {2}${letter} `).test(line));
      assert.ok(at >= 0, `${letter} in\n${ran.text}`);
      const below = lines.slice(at + 1);
      const end = below.findIndex((line) => !line.startsWith("          "));
      const found = below.slice(0, end).map((line) => line.trim());
      assert.equal(found.length > 0, lines[at]?.startsWith("FAILED"));
      return found;
    };

    for (const letter of ["A", "B", "E", "H", "J", "K"])
      it(`passes ${letter}`, () => assert.deepEqual(faults(letter), []));

    it("says how an answer differs", () => {
      const found = faults("C");
      assert.deepEqual(
        found.filter((line) => !line.startsWith("withinMs")),
        [
          'answer.InitialTarget: expected "+358101", got "+358100"',
          'answer.CustomTTS: not expected, got "undefinedundefinedundefined"',
          'answer.CustomTTS: expected "x", got "undefinedundefinedundefined"',
          "hangsUp: expected true, got false",
        ],
      );
      assert.match(
        found.find((line) => line.startsWith("withinMs")) ?? "",
        /^withinMs: expected 0 at most, it took [\d.]+$/,
      );
    });

    it("lets nothing outside be asked without an answer", () => {
      assert.deepEqual(faults("D"), [
        "“CRM” (http request) reaches outside. Give its answer in given.answers, by the node's name or id.",
      ]);
      assert.deepEqual(faults("F").slice(0, 1), [
        "“CRM” (http request) was asked 2 times, and given.answers has 1 for it.",
      ]);
      assert.deepEqual(faults("L"), [
        "“Decide” (function) asked crm.example:80, which is outside: nothing leaves this machine. Give its answer in given.answers.",
      ]);
    });

    it("fails for an error and for a fallback that nobody expected", () => {
      assert.deepEqual(faults("G"), ["error of “Decide” (function): no such customer"]);
      assert.deepEqual(faults("I"), ["fallback: expected nothing, got the fallback answer (deadline)"]);
    });

    it("does not pass what names no node, or waits for nothing", () => {
      assert.deepEqual(faults("M"), [
        "expect.messages: no node has the name or id “Nobody”",
        "expect.messages: 2 nodes are called “Twice”: name one by its id, Twice or Again",
      ]);
      assert.match(faults("N")[0] ?? "", /no smartrouting-in node has the name or id “Nobody”/);
      assert.deepEqual(faults("O"), ["messages at “Missed”: expected 1 of them, got 0: []"]);
    });

    it("exits with 1, and writes the same for a CI server", () => {
      assert.equal(ran.code, 1);
      assert.match(ran.text, /^15 scenarios, 9 failed, [\d.]+ s$/m);
      const xml = readFileSync(report, "utf8");
      assert.match(xml, /tests="15" failures="9"/);
      assert.match(
        xml,
        /name="G has an error" time="[\d.]+"><failure message="error of “Decide” \(function\): no such customer">/,
      );
    });
  });

  for (const [what, flows, content, text] of [
    [
      "a fault in a scenario file, with file and place",
      FLOW,
      { scenarios: [{ name: "x", steps: [{ rnig: {} }] }] },
      /scenarios\.json: scenarios\[0\]\.steps\[0\]: expected exactly one of ring, /,
    ],
    ["a flow that is none", { nodes: [] }, { scenarios: SCENARIOS }, /flows\.json: this is no flow/],
  ] as const)
    it(`says ${what}, and exits with 2`, async () => {
      folder.write(flows as object[], content);
      const { code, text: said } = await runScenarios([folder.flows, folder.scenarios]);
      assert.equal(code, 2, said);
      assert.match(said, text);
    });

  it("says which package is missing", async () => {
    folder.write([...FLOW, node("x", "no-such-type", [])], { scenarios: SCENARIOS.slice(0, 1) });
    const { code, text } = await runScenarios([folder.flows, folder.scenarios]);
    assert.equal(code, 1);
    assert.match(text, /The flow does not start: no installed package has the node no-such-type/);
  });

  it("takes the packages that lie beside the flow", async () => {
    const place = join(folder.path, "node_modules/greeter");
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "package.json"), JSON.stringify({ name: "greeter", version: "1.0.0", main: "index.js" }));
    writeFileSync(join(place, "index.js"), 'module.exports = (name) => "Hello " + name;');
    const libs = [{ var: "greet", module: "greeter" }];
    folder.write(
      [
        node("In", "smartrouting-in", [["Greet"], []], { url: "/in", deadline: 3000 }),
        code("Greet", 'msg.payload = { CustomTTS: greet("Dana") }; return msg;', [["Out"]], { libs }),
        node("Out", "smartrouting-out", []),
      ],
      { scenarios: [scenario("Greets", [ring("1", { hears: "Hello Dana" })])] },
    );
    const { code: status, text } = await runScenarios([folder.flows, folder.scenarios]);
    rmSync(join(folder.path, "node_modules"), { recursive: true });
    assert.equal(status, 0, text);
  });

  it("takes a file with a byte order mark, and says what is nested too deeply", async () => {
    const depth = 100_000;
    folder.write(FLOW, { scenarios: [scenario("Is read", [ring("1")])] });
    writeFileSync(folder.scenarios, `\uFEFF${readFileSync(folder.scenarios, "utf8")}`);
    assert.equal((await runScenarios([folder.flows, folder.scenarios])).code, 0);
    writeFileSync(folder.scenarios, `{"scenarios":[${"[".repeat(depth)}${"]".repeat(depth)}]}`);
    const { code: status, text } = await runScenarios([folder.flows, folder.scenarios]);
    assert.deepEqual([status, text.trim()], [2, `${folder.scenarios}: something in it is nested too deeply`]);
  });

  it("explains itself, and what it lacks", async () => {
    const help = await runScenarios(["--help"]);
    assert.deepEqual([help.code, /--junit <file>/.test(help.text)], [0, true]);
    const nothing = await runScenarios([]);
    assert.deepEqual([nothing.code, /Name the flow and its scenarios/.test(nothing.text)], [2, true]);
    const nowhere = await runScenarios([folder.flows, join(folder.path, "none")]);
    assert.deepEqual([nowhere.code, /none: there is no such file or folder/.test(nowhere.text)], [2, true]);
    folder.write(FLOW, { scenarios: SCENARIOS.slice(0, 1) });
    const without = await runScenarios([folder.flows, folder.scenarios, "--node-red", folder.path]);
    assert.deepEqual([without.code, /There is no Node-RED in/.test(without.text)], [2, true]);
    const homeless = await runScenarios([folder.flows, folder.scenarios, "--user-dir", join(folder.path, "nowhere")]);
    assert.deepEqual([homeless.code, /nowhere: there is no such folder/.test(homeless.text)], [2, true]);
    const unwritten = await runScenarios([folder.flows, folder.scenarios, "--junit", join(folder.flows, "r.xml")]);
    assert.deepEqual([unwritten.code, /r\.xml: the report could not be written/.test(unwritten.text)], [2, true]);
  });

  it("runs again when the flow changes, until it is told to end", async () => {
    folder.write(FLOW, {
      scenarios: [scenario("Follows the flow", [ring("1", { answerHas: { InitialTarget: "+358100" } })])],
    });
    const targets = ["+358997", "+358998", "+358999"];
    let changes = 0;
    const { code, text } = await runScenarios([folder.flows, folder.scenarios, "--watch"], (said, end) => {
      if (said.match(/^1 scenario, /gm)?.length !== changes + 1) return;
      const target = targets[changes++];
      if (target === undefined) return end();
      // As an editor or a deploy saves it.
      const written = `${folder.flows}.new`;
      writeFileSync(written, JSON.stringify(FLOW).replace("+358100", target));
      renameSync(written, folder.flows);
    });
    assert.equal(code, 0, text);
    const got = [...text.matchAll(/answer\.InitialTarget: expected "\+358100", got "([^"]+)"/g)].map(
      ([, target]) => target,
    );
    assert.deepEqual(got, targets);
  });
});
