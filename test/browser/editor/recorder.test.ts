/** The recorder's sidebar: runs as they pass, one of them on the canvas, by keyboard, in light and dark colours. */
import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { Editor } from "../../support/editor.js";
import { faintTexts } from "../../support/contrast.js";
import { code, node, tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { fold, seenOfList, unfold } from "../../support/recorder-sidebar.js";
import { until } from "../../support/wait.js";
import { send } from "../../support/webhook.js";

/** What a test needs of the editor's global. */
interface EditorActions {
  RED: {
    actions: { invoke(action: string): void };
    workspaces: { active(): string; show(id: string): void };
    sidebar: { show(id: string): void };
  };
}

const CALLER = "+358401112233";
const SIDEBAR = ".cc-recorder";
const place = (x: number, y: number): object => ({ x, y });
const FLOWS = [
  { ...tab(), label: "Calls" },
  node(
    "in",
    "smartrouting-in",
    { ...place(120, 120), name: "call for the switchboard", url: "/calls", auth: "none", deadline: 500 },
    [["vip"], []],
  ),
  { ...code("vip", `return msg.topic === "SLOW" ? null : msg;`, [["instance"]]), ...place(300, 120), name: "VIP?" },
  node("instance", "subflow:sub", place(480, 120), [["to"]]),
  node("to", "link out", { ...place(620, 120), mode: "link", links: ["from"] }),
  {
    id: "sub",
    type: "subflow",
    name: "Choose",
    in: [{ ...place(40, 80), wires: [{ id: "inner" }] }],
    out: [{ ...place(400, 80), wires: [{ id: "inner", port: 0 }] }],
  },
  {
    ...code("inner", `msg.payload = { InitialTarget: "+358942000200" }; return msg;`),
    ...place(220, 80),
    z: "sub",
    name: "target",
  },
  { ...tab("second"), label: "Answers" },
  node("from", "link in", { ...place(120, 120), z: "second", links: ["to"] }, [["out"]]),
  node("out", "smartrouting-out", { ...place(320, 120), z: "second", name: "answer" }),
  { ...tab("third"), label: "Twice" },
  node("twice", "smartrouting-in", { ...place(120, 120), z: "third", url: "/twice", auth: "none" }, [["a"], []]),
  node("a", "subflow:sub", { ...place(300, 120), z: "third" }, [["b"]]),
  node("b", "subflow:sub", { ...place(440, 120), z: "third" }, [["answer"]]),
  node("answer", "smartrouting-out", { ...place(600, 120), z: "third" }),
  { ...tab("fourth"), label: "Failing" },
  node("event", "webitel-event-in", { ...place(120, 120), z: "fourth", url: "/event", auth: "none" }, [["asks"]]),
  { ...code("asks", `throw new Error("No customer ${CALLER}");`), ...place(320, 120), z: "fourth", name: "ask CRM" },
];

describe("editor: the recorder's sidebar", function () {
  this.timeout(120_000);
  let red: NodeRed;
  let editor: Editor;

  before(async () => {
    red = await NodeRed.start({ flows: FLOWS, settings: `contactCenter: { recorder: { level: "off" } },` });
    editor = await Editor.open(red);
    await editor.page.evaluate(() =>
      (window as unknown as EditorActions).RED.actions.invoke("contact-center:show-recorder"),
    );
  });
  after(async () => {
    await editor?.close();
    await red?.stop();
  });
  afterEach(() => assert.deepEqual(editor.faults.splice(0), []));

  const ring = (targetid = "Q", anum = CALLER, path = "calls"): ReturnType<typeof send> =>
    send(`${red.url}/${path}`, { anum, bnum: "+358942000100", targetid });
  const rows = (): Promise<string[]> => editor.page.locator(".cc-recorder-run").allInnerTexts();
  const lit = (): Promise<string[]> =>
    editor.page.locator("g.red-ui-flow-node.cc-recorder-on").evaluateAll((all) => all.map(({ id }) => id).toSorted());
  const here = (): Promise<string[]> =>
    editor.page.locator("g.cc-recorder-here").evaluateAll((all) => all.map(({ id }) => id));
  const active = (): Promise<string> =>
    editor.page.evaluate(() => (window as unknown as EditorActions).RED.workspaces.active());
  const same = async (what: string, get: () => Promise<unknown>, expected: unknown): Promise<void> => {
    let last: unknown;
    await until(what, async () => JSON.stringify((last = await get())) === JSON.stringify(expected)).catch(() =>
      assert.deepEqual(last, expected, what),
    );
  };
  /** In light and dark colours. */
  const readable = async (name: string): Promise<void> => {
    for (const theme of ["light", "dark"]) {
      await editor.dark(theme === "dark");
      await editor.picture(`recorder-${name}-${theme}`);
      assert.deepEqual(await faintTexts(editor.page, SIDEBAR, 3), [], theme);
    }
    assert.doesNotMatch(await editor.page.locator(SIDEBAR).innerText(), /\brecorder\.\w+/);
  };

  it("records when asked to, and shows calls as they pass, the newest first", async () => {
    await editor.page.locator(SIDEBAR).getByText("The recorder is off").waitFor();
    await unfold(editor.page);
    await editor.page.locator(SIDEBAR).getByLabel("What is recorded").selectOption("values");
    await editor.page.locator(SIDEBAR).getByText("Nothing has come").waitFor();
    await ring();
    await until("the call", async () => (await rows()).length === 1);
    await ring("SLOW", "+358409998877");
    // The list may have shown it while it was open.
    await until("the second call", async () => (await rows())[0]?.includes("fallback, deadline") === true);
    const [, first, ...others] = await rows();
    assert.deepEqual(others, []);
    assert.match(first ?? "", /answered[^]*#[a-z]{10} → #[a-z]{10}[^]*200/);
    await readable("list");
  });

  it("cuts no number and no outcome, however wide its letters are", async () => {
    const { page } = editor;
    const runs = /contact-center\/recorder\/runs(\?|$)/;
    await page.route(runs, async (route) => {
      const response = await route.fetch();
      const wide = (await response.text()).replaceAll(/#[a-z]{10}/g, `#${"m".repeat(10)}`);
      const list = JSON.parse(wide) as { runs: object[] };
      // The longest words that an outcome can have.
      const all = list.runs.map((run) => ({
        ...run,
        outcome: "fallback",
        reason: "incomplete",
        replayOf: "r",
        count: 99,
      }));
      await route.fulfill({ response, json: { ...list, runs: all } });
    });
    try {
      await page.locator(".cc-recorder-call", { hasText: "#mmmmmmmmmm → #mmmmmmmmmm" }).nth(1).waitFor();
      // Of a long answer the beginning is shown.
      const cut = await page
        .locator(".cc-recorder-run > :not(.cc-recorder-answer)")
        .evaluateAll((all) =>
          all
            .filter((span) => span.scrollWidth > span.clientWidth || span.scrollHeight > span.clientHeight)
            .map(({ textContent }) => textContent),
        );
      assert.deepEqual(cut, []);
      await editor.picture("recorder-wide");
    } finally {
      await page.unroute(runs);
    }
    await page.locator(".cc-recorder-run", { hasText: "answered" }).waitFor();
  });

  it("chooses by outcome, number, time and search", async () => {
    const { page } = editor;
    const field = (label: string): Locator => page.locator(SIDEBAR).getByLabel(label);
    const count = (expected: number): Promise<void> => same("rows", async () => (await rows()).length, expected);
    await field("Outcome").selectOption("fallback");
    await count(1);
    await field("Outcome").selectOption("");
    await field("Vendor").selectOption("webitel");
    await count(0);
    await field("Vendor").selectOption("");
    await field("Slower than").fill("400");
    await count(1);
    await field("Slower than").fill("");
    await field("Search").fill("deadline");
    await count(1);
    await field("Search").fill("");
    await field("Number").fill("+358 40 111 2233");
    await page.keyboard.press("Enter");
    await count(1);
    assert.match((await rows())[0] ?? "", /answered/);
    await field("Number").fill("");
    await page.keyboard.press("Enter");
    await count(2);
  });

  it("shows the way of a call on the canvas, step by step by keys, through a subflow and another tab", async () => {
    const { page } = editor;
    await page.locator(".cc-recorder-run").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await same("the way on the first tab", lit, ["in", "instance", "to", "vip"]);
    await same("the first step", here, ["in"]);
    assert.match((await page.locator(".cc-recorder-beside").first().textContent()) ?? "", /^0 ms$/);
    assert.equal(await page.locator("g.red-ui-flow-link.cc-recorder-on").count(), 3);
    const sides = await page.locator(".cc-recorder-sides").innerText();
    assert.match(sides, /From: #[a-z]{10}[^]*"targetid": "Q"/);
    assert.match(sides, /SmartRouting: the call goes to #[a-z]{10}\.[^]*200 \{/);
    await readable("run");
    const seen = [await active()];
    const steps = await page.locator(".cc-recorder-steps > li").count();
    for (let step = 1; step < steps; step++) {
      await page.keyboard.press("ArrowDown");
      await until("a step that is marked", async () => (await here()).length === 1);
      if ((await here())[0] === "inner") {
        assert.equal(await page.locator("g.red-ui-flow-link.cc-recorder-on").count(), 2);
        await editor.picture("recorder-subflow");
      }
      seen.push(await active());
    }
    assert.deepEqual([...new Set(seen)], ["tab", "sub", "second"]);
    await same("the last step", here, ["out"]);
    assert.match(await page.locator(".cc-recorder-text").innerText(), /InitialTarget/);
    await page.keyboard.press("ArrowUp");
    await same("a step back", here, ["from"]);
    await page.keyboard.press("Escape");
    await same("no marks", lit, []);
    assert.equal(await page.locator(".cc-recorder-beside").count(), 0);
    assert.equal((await rows()).length, 2);
  });

  it("says what a call got that the flow did not answer in time", async () => {
    const { page } = editor;
    await page.locator(".cc-recorder-run").first().click();
    const sides = page.locator(".cc-recorder-sides");
    await sides.getByText("Fallback: no answer within 0.5 s.").waitFor();
    await sides.getByText("SmartRouting: the call takes its default route.").waitFor();
    await page.locator(".cc-recorder-steps > [aria-current]").waitFor();
    await readable("fallback");
    await page.keyboard.press("Escape");
  });

  it("marks of a subflow's instances the one where the step is", async () => {
    const { page } = editor;
    await ring("Q", CALLER, "twice");
    await until("the call", async () => (await rows()).length === 3);
    await page.locator(".cc-recorder-run").first().click();
    const rowsWithin = page.locator(".cc-recorder-steps > li", { hasText: "target" });
    await rowsWithin.first().waitFor();
    const beside = (): Promise<string[]> => page.locator(".cc-recorder-beside").allTextContents();
    for (const row of await rowsWithin.all()) {
      await row.click();
      await same("the node in the subflow", here, ["inner"]);
      await same("its time", beside, [await row.locator(".cc-recorder-time").innerText()]);
    }
    assert.equal(await rowsWithin.count(), 2);
    await page.keyboard.press("Escape");
    await same("no marks", lit, []);
  });

  it("shows the heat of the listed runs on the canvas, on each tab, until it is switched off", async () => {
    const { page } = editor;
    const show = (id: string): Promise<void> =>
      page.evaluate((tab) => (window as unknown as EditorActions).RED.workspaces.show(tab), id);
    const heat = (): Promise<string[]> =>
      page
        .locator(".cc-recorder-heat")
        .evaluateAll((all) =>
          all
            .map((text) => `${text.parentElement?.id} ${text.textContent?.replaceAll(/[\d.]+ ms/g, "# ms")}`)
            .toSorted(),
        );
    const toggle = page.locator(SIDEBAR).getByRole("button", { name: "Heat of the listed runs" });
    await show("tab");
    await toggle.focus();
    await page.keyboard.press("Space");
    const both = [
      "in 2× · # ms · 50 % fallback",
      "instance 1× · # ms",
      "to 1× · # ms",
      "vip 2× · # ms · 50 % fallback",
    ];
    await same("all runs", heat, both);
    await readable("heat");
    await show("sub");
    await same("both instances, and another run", heat, ["inner 3× · # ms"]);
    await show("tab");
    await page.locator(SIDEBAR).getByLabel("Outcome").selectOption("fallback");
    await same("the chosen run", heat, ["in 1× · # ms · 100 % fallback", "vip 1× · 100 % fallback"]);
    await page.locator(SIDEBAR).getByLabel("Outcome").selectOption("");
    await same("all runs again", heat, both);
    await page.locator(".cc-recorder-run").first().click();
    await page.locator(".cc-recorder-steps > [aria-current]").waitFor();
    await same("none beside an open run", heat, []);
    await page.keyboard.press("Escape");
    await show("tab");
    await same("all runs behind it", heat, both);
    await toggle.click();
    await same("none", heat, []);
    assert.equal(await page.locator(".cc-recorder-hot").count(), 0);
    await toggle.click();
    await same("heat", heat, both);
    await page.evaluate(() => (window as unknown as EditorActions).RED.sidebar.show("info"));
    await same("none without the sidebar", heat, []);
  });

  it("is found by its name, with the focus in the list, which can be read in a low window", async () => {
    const { page } = editor;
    const size = page.viewportSize();
    await page.setViewportSize({ width: 683, height: 384 });
    try {
      await page.keyboard.press("Control+Shift+P");
      await page.keyboard.type("calls and events");
      await page.locator("#red-ui-actionList li", { hasText: "Show calls and events" }).waitFor();
      await page.keyboard.press("Enter");
      await until("the focus on a run", () =>
        page.evaluate(() => document.activeElement?.classList.contains("cc-recorder-run") === true),
      );
      await editor.picture("recorder-low");
      const { height = 0 } = (await page.locator(".cc-recorder-rows").boundingBox()) ?? {};
      assert.ok(height >= 200, `${height}`);
    } finally {
      if (size) await page.setViewportSize(size);
    }
  });

  it("shows calls, in one line what was chosen, and the fields when asked to, in a low sidebar", async () => {
    const { page } = editor;
    const size = page.viewportSize();
    await fold(page);
    try {
      // The sidebar of Node-RED 5 is as low in a window of usual height.
      for (const [width, height] of [
        [1440, 900],
        [1280, 480],
        [760, 480],
      ] as const) {
        await page.setViewportSize({ width, height });
        for (const theme of ["light", "dark"]) {
          await editor.dark(theme === "dark");
          await editor.picture(`recorder-folded-${width}-${theme}`);
          assert.deepEqual(await faintTexts(page, SIDEBAR, 3), [], theme);
        }
        await until(`150 pixels of the list at ${width}×${height}`, async () => (await seenOfList(page)) >= 150);
      }
      const line = page.locator(".cc-recorder-fold");
      assert.equal(await line.innerText(), "values · all calls and events · heat");
      await line.press("Enter");
      await page.locator(SIDEBAR).getByLabel("Outcome").selectOption("fallback");
      await page.locator(SIDEBAR).getByLabel("Slower than").fill("400");
      await editor.picture("recorder-unfolded");
      await line.press("Enter");
      assert.equal(await line.innerText(), "values · fallback · > 400 ms · heat");
      assert.equal(await page.locator(SIDEBAR).getByLabel("Outcome").isVisible(), false);
    } finally {
      if (size) await page.setViewportSize(size);
      await unfold(page);
      await page.locator(SIDEBAR).getByLabel("Outcome").selectOption("");
      await page.locator(SIDEBAR).getByLabel("Slower than").fill("");
    }
  });

  it("says the name of an event, and which node failed and why", async () => {
    const { page } = editor;
    await page.evaluate(() => {
      const { RED } = window as unknown as EditorActions;
      RED.actions.invoke("contact-center:show-recorder");
      RED.workspaces.show("fourth");
    });
    await send(`${red.url}/event`, { event: "hangup" });
    await until("the event", async () => (await rows())[0]?.includes("hangup") === true);
    assert.match((await rows())[0] ?? "", /answered, a node failed/);
    // Whoever has just edited a node has it selected.
    await page.locator("#asks .red-ui-flow-node").first().click();
    await page.locator(".cc-recorder-run").first().click();
    await page.locator(".cc-recorder-error", { hasText: /ask CRM failed: .*No customer #[a-z]{10}/ }).waitFor();
    const below = page.locator(
      ".cc-recorder-view > dl:has(> dt:nth-last-of-type(1):text-is('Outcome')) + .cc-recorder-error",
    );
    assert.equal(await below.count(), 1);
    const step = page.locator(".cc-recorder-steps > .cc-recorder-erred");
    assert.match(await step.innerText(), /ask CRM[^]*failed/);
    await until("the mark on the canvas", async () => (await page.locator("g.cc-recorder-erred").count()) === 1);
    assert.match((await page.locator("#asks .cc-recorder-beside").textContent()) ?? "", / ms ✗$/);
    assert.equal(await page.locator("#asks.red-ui-flow-node-selected").count(), 1);
    const frame = page.locator("#asks > .red-ui-flow-node");
    const { stroke, width } = await frame.evaluate((made) => {
      const { stroke: colour, strokeWidth } = getComputedStyle(made);
      return { stroke: colour, width: strokeWidth };
    });
    assert.deepEqual([stroke, width], ["rgb(224, 49, 49)", "3px"]);
    await readable("failed");
    await page.keyboard.press("Escape");
    await until("no mark", async () => (await page.locator("g.cc-recorder-erred").count()) === 0);
  });
});
