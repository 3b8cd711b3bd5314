/** The sidebar's scenarios: the flow as it is in the editor, with the verdict of the command. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ScenarioLine, ScenarioResult } from "../../../lib/recorder/scenario-lines.js";
import type { ScenarioList } from "../../../lib/recorder/scenario-run.js";
import { faintTexts } from "../../support/contrast.js";
import { Editor } from "../../support/editor.js";
import { code, node, tab } from "../../support/flow.js";
import { type FlowNode, makeUserDir, NODE_RED, NodeRed } from "../../support/node-red.js";
import { ROOT, runScenarios } from "../../support/scenario-command.js";
import { unfold } from "../../support/recorder-sidebar.js";
import { until } from "../../support/wait.js";

/** What a test needs of the editor's global. */
interface EditorGlobal {
  RED: {
    actions: { invoke(action: string): void };
    nodes: {
      clear(): void;
      import(nodes: FlowNode[], options?: object): void;
      node(id: string): { func: string };
      dirty(isDirty: boolean): void;
    };
    view: { redraw(isForced: boolean): void };
    workspaces: { active(): string };
  };
}

const VIEW = ".cc-recorder-view";
const place = (x: number): object => ({ x, y: 120 });
const FLOWS = [
  tab(),
  node("in", "smartrouting-in", { ...place(120), url: "/calls", auth: "none" }, [["route"], []]),
  { ...code("route", `msg.payload = { InitialTarget: "old" }; return msg;`, [["out"]]), ...place(300), name: "Route" },
  node("out", "smartrouting-out", { ...place(480), name: "Answer" }),
  { ...tab("other"), label: "Other" },
];
const SCENARIOS = {
  scenarios: [
    { name: "Goes to the new queue", steps: [{ ring: {}, expect: { answer: { InitialTarget: "new" } } }] },
    { name: "Asks nobody", steps: [{ ring: {} }], expect: { messages: { Route: [{ topic: "none" }] } } },
  ],
};

describe("editor: the sidebar's scenarios", function () {
  this.timeout(900_000);
  let red: NodeRed;
  let editor: Editor;
  let userDir: string;

  before(async () => {
    userDir = makeUserDir();
    red = await NodeRed.start({ userDir, flows: FLOWS });
    editor = await Editor.open(red);
    await editor.page.evaluate(() =>
      (window as unknown as EditorGlobal).RED.actions.invoke("contact-center:show-recorder"),
    );
    await unfold(editor.page);
  });
  after(async () => {
    await editor?.close();
    await red?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });
  afterEach(() => assert.deepEqual(editor.faults.splice(0), []));

  const button = (name: string): ReturnType<Editor["page"]["locator"]> =>
    editor.page.locator(".cc-recorder").getByRole("button", { name, exact: true });
  const state = (): Promise<string> => editor.page.locator(`${VIEW} [role=status]`).innerText();
  /** In light and dark colours. */
  const readable = async (name: string): Promise<void> => {
    for (const theme of ["light", "dark"]) {
      await editor.dark(theme === "dark");
      await editor.picture(`scenarios-${name}-${theme}`);
      assert.deepEqual(await faintTexts(editor.page, ".cc-recorder", 3), [], theme);
    }
    assert.doesNotMatch(await editor.page.locator(".cc-recorder").innerText(), /\brecorder\.\w+/);
  };
  const finished = (): Promise<unknown> =>
    until("the run to end", async () => / s, Node-RED /.test(await state()), 60_000);

  it("says where files go when there are none", async () => {
    await button("Scenarios").press("Enter");
    await editor.page.locator(VIEW).getByText("There is no file of scenarios yet.").waitFor();
    assert.ok(await button("Run all").isDisabled());
    await button("All calls and events").press("Enter");
    await editor.page.locator(".cc-recorder-list").waitFor();
    assert.equal(await button("Scenarios").evaluate((made) => made === document.activeElement), true);
  });

  it("runs the flow as it is in the editor, not deployed, and leads to the node of a fault", async () => {
    const { page } = editor;
    mkdirSync(join(userDir, "scenarios"));
    writeFileSync(join(userDir, "scenarios/queue.json"), JSON.stringify(SCENARIOS));
    await page.evaluate(() => {
      const { RED } = window as unknown as EditorGlobal;
      RED.nodes.node("route").func = `msg.payload = { InitialTarget: "new" }; return msg;`;
    });
    await button("Scenarios").click();
    await button("Run all").click();
    await finished();
    assert.match(await state(), /^Scenarios: 2, failed: 1, [\d.]+ s, Node-RED \d/);
    const rows = await page.locator(".cc-recorder-test").allInnerTexts();
    assert.match(rows[0] ?? "", /^✓\s+Goes to the new queue\s+\d+ ms$/);
    assert.match(rows[1] ?? "", /^✗\s+Asks nobody\s+\d+ ms\s+messages at “Route”/);
    await readable("run");
    await page.evaluate(() =>
      (window as unknown as { RED: { workspaces: { show(id: string): void } } }).RED.workspaces.show("other"),
    );
    await page.locator("button.cc-recorder-fault").first().click();
    await until("the node's tab", () =>
      page.evaluate(() => (window as unknown as EditorGlobal).RED.workspaces.active() === "tab"),
    );
    // Nothing was deployed.
    assert.match(readFileSync(join(userDir, "flows.json"), "utf8"), /old/);
  });

  it("stops when it is told to", async () => {
    const slow = { ring: { tag: "x" }, expect: { fallback: "deadline" } };
    const slowly = (name: string): object => ({ name, given: { answers: { Route: {} } }, steps: [slow] });
    writeFileSync(join(userDir, "scenarios/slow.json"), JSON.stringify({ scenarios: ["a", "b", "c"].map(slowly) }));
    await button("All calls and events").click();
    await button("Scenarios").click();
    await button("Run slow.json").click();
    await button("Stop").click();
    await editor.page.locator(VIEW).getByText("Stopped.").waitFor();
    assert.ok(await button("Stop").isHidden());
    assert.ok(await button("Run slow.json").isEnabled());
  });

  it("has the verdict of the command for an example of each vendor", async () => {
    const { page } = editor;
    const folder = join(userDir, "scenarios");
    rmSync(folder, { recursive: true });
    const shipped = join(ROOT, "scenarios");
    const files = readdirSync(shipped).map((vendor) => `${vendor}/${readdirSync(join(shipped, vendor)).sort()[0]}`);
    assert.equal(files.length, 5);
    for (const file of files) cpSync(join(shipped, file), join(folder, file));
    const { text } = await runScenarios(["--json", "--node-red", NODE_RED, join(ROOT, "examples"), folder]);
    const told = text
      .trim()
      .split("\n")
      .flatMap((line) => (JSON.parse(line) as ScenarioLine).result ?? []);
    const verdict = (results: readonly ScenarioResult[], file: string): unknown[] =>
      results.filter((each) => each.file.endsWith(file)).map(({ name, faults }) => [name, faults]);
    for (const file of files) {
      const flows = JSON.parse(readFileSync(join(ROOT, "examples", file), "utf8")) as FlowNode[];
      await page.evaluate((nodes) => {
        const { RED } = window as unknown as EditorGlobal;
        RED.nodes.clear();
        RED.nodes.import(nodes);
      }, flows);
      await button("All calls and events").click();
      await button("Scenarios").click();
      const answered = page.waitForResponse((response) => response.url().endsWith("/scenarios/run"));
      await button(`Run ${file}`).click();
      assert.equal((await answered).status(), 202);
      const run = await until(
        "the run to end",
        async () => {
          const answer = await fetch(`${red.url}/contact-center/recorder/scenarios`);
          const { run: last } = (await answer.json()) as Required<ScenarioList>;
          return last.state === "running" ? undefined : last;
        },
        60_000,
      );
      assert.deepEqual(verdict(run.results, file), verdict(told, file), file);
      assert.ok(run.results.length > 1, file);
      await until("the rows", async () => (await page.locator(".cc-recorder-passed").count()) === run.results.length);
    }
  });
});
