/** What the recorder keeps, and what it never keeps. */
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { Privacy } from "../../../lib/recorder/privacy.js";
import { randomOf } from "../../support/random-flows.js";
import { call, IN, KEY, make, onClock, OUT, pass, pseudonyms } from "../../support/recorder.js";

describe("The recorder", () => {
  it("shows a run with its way, call, answer and latency", () => {
    const made = make();
    call(made, "+358401112233");
    const [run] = made.recorder.runs();
    assert.ok(run);
    assert.deepEqual(
      run.steps.map(({ node, from, port }) => ({ node, from, port })),
      [
        { node: "in", from: undefined, port: undefined },
        { node: "out", from: 0, port: 0 },
      ],
    );
    const name = pseudonyms.of("+358401112233");
    assert.deepEqual([run.outcome, run.call?.from, run.answer?.status], ["answered", name, 200]);
    assert.match(run.answer?.json ?? "", new RegExp(`for ${name}`));
    assert.ok((run.latencyMs ?? -1) >= 0);
    assert.equal(run.received, undefined);
    assert.deepEqual(made.recorder.run(run.id), run);
    assert.deepEqual(made.faults, []);
  });

  it("follows the clones of one message to each of its nodes, also when they are too many", () => {
    const made = make();
    const run = made.recorder.begin({ vendor: "enreach", node: IN });
    const msg = { _msgid: "1" };
    run?.mark(msg);
    const nodes = Array.from({ length: 600 }, (_, i) => ({ id: `to${i}`, z: "tab" }));
    const source = { id: IN.id, node: IN, port: 0 };
    made.hooks.onSend(nodes.map(({ id }) => ({ msg, source, destination: { id, node: undefined } })));
    for (const node of nodes.toReversed()) {
      const received = { msg: { ...msg }, destination: { id: node.id, node } };
      made.hooks.onReceive(received);
      made.hooks.postReceive(received);
    }
    const [shown] = made.recorder.runs();
    assert.deepEqual(
      shown?.steps.slice(1).map(({ node, from, flow, ms }) => [node, from, flow, ms !== undefined]),
      nodes.slice(0, 499).map(({ id }) => [id, 0, "tab", true]),
    );
    assert.equal(shown?.cut, 101);
    assert.deepEqual(made.faults, []);
  });

  it("does not stop a message that it cannot follow", () => {
    const made = make();
    const run = made.recorder.begin({ vendor: "enreach", node: IN });
    const msg = Object.freeze({ _msgid: "1" });
    run?.mark(msg);
    assert.equal(made.faults.length, 1);
    for (const hook of Object.values(made.hooks)) assert.doesNotThrow(() => hook(undefined));
    assert.equal(made.recorder.begin(undefined as never), undefined);
  });

  it("says at each level which node failed and with which words, without numbers and credentials", () => {
    for (const level of ["path", "values"] as const) {
      const made = make(level);
      const run = made.recorder.begin({ vendor: "enreach", node: IN, callId: "c" });
      const msg = { _msgid: "1" };
      run?.mark(msg);
      pass(made, msg, IN, OUT);
      const words = "No layer for +358401112233, token=abc-1";
      made.hooks.onComplete({ msg, error: new Error(words), node: OUT });
      made.hooks.onComplete({ msg, error: "another", node: OUT });
      const [shown] = made.recorder.runs();
      const expected = `No layer for ${pseudonyms.of("+358401112233")}, token=[hidden]`;
      assert.deepEqual(
        shown?.steps.map(({ error }) => error),
        [undefined, expected],
      );
      assert.equal(shown?.failures, 1);
    }
  });

  it("has the name of an event, without numbers", () => {
    const made = make();
    made.recorder.begin({ vendor: "webitel", node: IN, event: "Hunting" })?.end("answered");
    made.recorder.begin({ vendor: "webitel", node: IN, event: "for +358401112233" })?.end("answered");
    assert.deepEqual(
      made.recorder.runs().map(({ event }) => event),
      [`for ${pseudonyms.of("+358401112233")}`, "Hunting"],
    );
  });

  it("says that an answer came late", () => {
    const made = make();
    made.recorder.begin({ vendor: "enreach", node: IN, callId: "c" })?.end("fallback", { status: 204 }, "deadline");
    made.recorder.answeredLate("c");
    const [run] = made.recorder.runs();
    assert.deepEqual([run?.outcome, run?.reason], ["late", "deadline"]);
  });

  it("calls no call late that had its answer in time, whatever its flow answers besides", () => {
    const made = make();
    made.recorder.begin({ vendor: "enreach", node: IN, callId: "c" })?.end("answered", { status: 204 });
    made.recorder.answeredLate("c");
    assert.equal(made.recorder.runs()[0]?.outcome, "answered");
  });

  it(
    "shows no number, token or key of 10,000 calls, and at the level path none is in memory",
    onClock((clock) => {
      for (const level of ["path", "values"] as const) {
        const made = make(level);
        const random = randomOf(12);
        const count = level === "path" ? 10_000 : 1000;
        for (let i = 0; i < count; i++) {
          if (i % 500 === 0) clock.tick(1000);
          const digits = (count: number): string => String(Math.floor(random() * 10 ** count)).padStart(count, "0");
          const token = `tok-${digits(6)}`;
          call(made, `+3584${digits(8)}`, `+3589${digits(7)}`, { token, url: `/x?key=${token}` });
        }
        const shown = JSON.stringify([made.recorder.runs(), made.done]);
        // The ids of runs begin with eight hexadecimal digits.
        const open = shown.replaceAll(/"id":"[\da-f]{8}-\d+"/g, "").replaceAll(/"(?:start|at)":"[^"]+"/g, "");
        assert.deepEqual(open.match(/\d{7,}|tok-\d+/g) ?? [], []);
        assert.ok(!open.includes(KEY) && made.done.length === count - 500);
        // What a replay needs stays as it was, in memory alone.
        if (level === "values") continue;
        // Everything that hangs on the recorder, private or not; another one, as nobody has looked at it.
        const other = make(level);
        for (let i = 0; i < 600; i++) {
          if (i === 500) clock.tick(1000);
          call(other, `+35850${1_000_000 + i}`, "+358942000100", { token: "tok-unseen" });
        }
        const memory = inspect(other.recorder, {
          depth: 12,
          showHidden: true,
          maxArrayLength: null,
          maxStringLength: null,
          getters: true,
        });
        assert.match(memory, /#[a-z]{10}/);
        assert.deepEqual(memory.match(/3585010\d{5}|358942000100|tok-unseen/g)?.slice(0, 3) ?? [], []);
        assert.ok(!memory.includes(KEY));
      }
    }),
  );

  it("forgets a number at each level, whether it is shown or not", () => {
    for (const [level, showsNumbers] of [
      ["path", false],
      ["values", false],
      ["values", true],
    ] as const) {
      const made = make(level, showsNumbers);
      call(made, "+358401112233");
      call(made, "+358401112244", "+358942000100", { note: "was 040 111 2233, now 00358401112233" });
      call(made, "201");
      const name = pseudonyms.of("+358401112233");
      const forget = (of: string): number => made.recorder.forget((text) => Privacy.mentions(text, of, pseudonyms));
      assert.equal(forget(name), level === "path" ? 1 : 2, `${level} ${showsNumbers}`);
      assert.equal(forget(pseudonyms.of("201")), 1);
      assert.ok(!JSON.stringify([made.recorder.runs(), made.done]).includes(name));
      assert.deepEqual(made.done, []);
    }
  });
});
