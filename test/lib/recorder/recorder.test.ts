/** What the recorder keeps, and what it never keeps. */
import assert from "node:assert/strict";
import FakeTimers from "@sinonjs/fake-timers";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import type { Level, Run } from "../../../lib/recorder/model.js";
import { Privacy } from "../../../lib/recorder/privacy.js";
import { Pseudonyms } from "../../../lib/recorder/pseudonyms.js";
import { type Hooks, Recorder } from "../../../lib/recorder/recorder.js";
import { RunFiles } from "../../../lib/recorder/run-files.js";
import { randomOf } from "../../support/random-flows.js";

const KEY = "0123456789abcdef".repeat(4);
const IN = { id: "in", z: "tab", type: "smartrouting-in" };
const OUT = { id: "out", z: "tab", type: "smartrouting-out" };
const pseudonyms = new Pseudonyms(KEY);

interface Made {
  recorder: Recorder;
  hooks: Record<keyof Hooks, (event: unknown) => void>;
  done: Run[];
  faults: unknown[];
}

function make(level: Exclude<Level, "off"> = "path", showsNumbers = false): Made {
  const [done, faults]: [Run[], unknown[]] = [[], []];
  const recorder = new Recorder({
    level,
    privacy: new Privacy(showsNumbers ? undefined : pseudonyms),
    onDone: (run) => done.push(run),
    onFault: (error) => faults.push(error),
  });
  return { recorder, hooks: recorder.record(level) as Made["hooks"], done, faults };
}

/** One message from a node to another. */
function pass({ hooks }: Made, msg: object, from: object, to: object): void {
  const event = {
    msg,
    source: { id: (from as typeof IN).id, node: from, port: 0 },
    destination: { id: (to as typeof IN).id, node: to },
  };
  hooks.onSend([event]);
  const received = { msg: event.msg, destination: event.destination };
  hooks.onReceive(received);
  hooks.postReceive(received);
}

let lastId = 0;

/** A call from one number to another that is answered with a third. */
function call(made: Made, from: string, to = "+358942000100", extra: object = {}): void {
  const at = "2026-11-22T10:00:00.000Z";
  const run = made.recorder.begin({
    vendor: "enreach",
    node: IN,
    callId: String(++lastId),
    call: { vendor: "enreach", state: "incoming", id: `leg-${from}@198.51.100.7`, from, to, at },
    received: { anum: from, bnum: to, ...extra },
  });
  const msg = { _msgid: `m${lastId}`, payload: { anum: from, ...extra } };
  run?.mark(msg);
  pass(made, msg, IN, OUT);
  run?.end("answered", { status: 200, json: JSON.stringify({ InitialTarget: to, note: `for ${from}` }) });
}

/** A test whose time passes only as it says. */
const onClock = (test: (clock: FakeTimers.Clock) => void) => (): void => {
  const clock = FakeTimers.install({ toFake: ["performance"] });
  try {
    test(clock);
  } finally {
    clock.uninstall();
  }
};

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

  it(
    "keeps 500 runs, the latest ones",
    onClock((clock) => {
      const made = make();
      for (let i = 0; i < 700; i++) {
        if (i === 500) clock.tick(1000);
        call(made, `+35840${1_000_000 + i}`);
      }
      assert.equal(made.recorder.runs().length, 500);
      assert.equal(made.done.length, 200);
      assert.equal(made.recorder.runs()[0]?.call?.from, pseudonyms.of("+358401000699"));
    }),
  );

  it(
    "records 500 runs of a second, and counts the others",
    onClock((clock) => {
      const made = make();
      for (let i = 0; i < 700; i++) call(made, `+35840${1_000_000 + i}`);
      assert.equal(made.recorder.skipped, 200);
      assert.equal(made.recorder.runs()[0]?.call?.from, pseudonyms.of("+358401000499"));
      assert.deepEqual(made.done, []);
      clock.tick(1000);
      call(made, "+358401112233");
      assert.equal(made.recorder.skipped, 200);
      assert.equal(made.recorder.runs()[0]?.call?.from, pseudonyms.of("+358401112233"));
    }),
  );

  it(
    "does not take a message of a run that it has not recorded, or not any more, for one of another run",
    onClock((clock) => {
      const made = make();
      const begun = (_msgid: string): object => {
        const msg = { _msgid };
        made.recorder.begin({ vendor: "enreach", node: IN })?.mark(msg);
        return msg;
      };
      const gone = begun("gone");
      for (let i = 0; i < 499; i++) begun(String(i));
      const unrecorded = begun("unrecorded");
      clock.tick(1000);
      const known = begun("known");
      // A node sends older messages while it works on another one.
      made.hooks.onReceive({ msg: known, destination: { id: IN.id, node: IN } });
      for (const msg of [gone, unrecorded]) pass(made, msg, IN, OUT);
      assert.deepEqual(
        made.recorder.runs().flatMap(({ steps }) => steps.filter(({ node }) => node === OUT.id)),
        [],
      );
    }),
  );

  it(
    "adds nothing of a run that is gone to the one in its place",
    onClock((clock) => {
      const made = make("values");
      const old = made.recorder.begin({ vendor: "enreach", node: IN, callId: "old" });
      const steps = { _msgid: "steps" };
      old?.mark(steps);
      for (let hop = 0; hop < 40; hop++) pass(made, steps, hop % 2 ? OUT : IN, hop % 2 ? IN : OUT);
      made.recorder.refuse({ vendor: "enreach", node: IN }, "refused", { status: 401 }, "credentials");
      const [, { id: first } = { id: "" }] = made.recorder.runs();
      const kept = made.recorder.kept(first);
      const before = JSON.stringify(kept?.map((each) => each.steps.map(({ node }) => node)));
      for (let i = 0; i < 500; i++) {
        clock.tick(10);
        made.recorder.begin({ vendor: "enreach", node: OUT });
      }
      const message = {};
      old?.mark(message);
      pass(made, message, OUT, IN);
      pass(made, steps, OUT, IN);
      old?.end("answered", { status: 200, json: '{"of":"old"}' });
      made.recorder.refuse({ vendor: "enreach", node: IN }, "refused", { status: 401 }, "credentials");
      const [refused, ...others] = made.recorder.runs();
      assert.equal(refused?.outcome, "refused");
      assert.equal(others.length, 499);
      for (const { outcome, answer, count, steps: way } of others)
        assert.deepEqual(
          { outcome, answer, count, way: way.map(({ node }) => node) },
          {
            outcome: "open",
            answer: undefined,
            count: undefined,
            way: [OUT.id],
          },
        );
      assert.equal(JSON.stringify(kept?.map((each) => each.steps.map(({ node }) => node))), before);
      assert.deepEqual(made.faults, []);
    }),
  );

  it("keeps 16 MB, whatever the messages hold", () => {
    const made = make("values");
    for (let i = 0; i < 140; i++) {
      const run = made.recorder.begin({ vendor: "enreach", node: IN });
      const msg = { payload: "x".repeat(10_000) };
      run?.mark(msg);
      for (let hop = 0; hop < 20; hop++) pass(made, msg, hop % 2 ? OUT : IN, hop % 2 ? IN : OUT);
    }
    const size = JSON.stringify(made.recorder.runs()).length;
    assert.ok(size < 16_000_000 && size > 6_000_000, `${size}`);
    assert.ok(made.recorder.runs().length < 140);
    assert.deepEqual(made.faults, []);
  });

  it("keeps 500 steps of a run, and says how many more there were", () => {
    const made = make();
    const run = made.recorder.begin({ vendor: "enreach", node: IN });
    const msg = {};
    run?.mark(msg);
    for (let hop = 0; hop < 600; hop++) pass(made, msg, hop % 2 ? OUT : IN, hop % 2 ? IN : OUT);
    const [shown] = made.recorder.runs();
    assert.equal(shown?.steps.length, 500);
    assert.equal(shown?.cut, 101);
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

  it("keeps refusals of one kind within a minute as one run", () => {
    const made = make();
    call(made, "+358401112233");
    for (let i = 0; i < 5000; i++)
      made.recorder.refuse({ vendor: "webitel", node: IN }, "refused", { status: 401, json: "{}" }, "credentials");
    made.recorder.refuse({ vendor: "webitel", node: IN }, "refused", { status: 403 }, "network");
    assert.deepEqual(
      made.recorder.runs().map(({ outcome, reason, count }) => [outcome, reason, count]),
      [
        ["refused", "network", undefined],
        ["refused", "credentials", 5000],
        ["answered", undefined, undefined],
      ],
    );
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

describe("Files of runs", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "cc-runs-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("have a line for each run, a file for each day, and none that is too old", async () => {
    const files = new RunFiles(join(folder, "recorder"), 2);
    const day = 86_400_000;
    for (let at = 0; at < 4; at++) {
      files.add({ at });
      await files.write(Date.UTC(2026, 10, 20) + at * day);
    }
    files.add({ at: 4 });
    files.writeNow(Date.UTC(2026, 10, 23));
    const names = readdirSync(join(folder, "recorder")).toSorted();
    assert.deepEqual(names, ["2026-11-21.jsonl", "2026-11-22.jsonl", "2026-11-23.jsonl"]);
    const last = join(folder, "recorder", "2026-11-23.jsonl");
    assert.equal(readFileSync(last, "utf8"), `{"at":3}\n{"at":4}\n`);
    assert.equal(statSync(last).mode & 0o777, 0o600);
  });

  it("forget lines, those to be written as well, and leave other files", async () => {
    const files = new RunFiles(folder, 1);
    writeFileSync(join(folder, "other.txt"), "x");
    for (const name of ["x", "y", "x"]) files.add({ name });
    await files.write();
    for (const name of ["x", "z"]) files.add({ name });
    assert.equal(await files.forget((line) => line.includes(`"x"`)), 3);
    await files.write();
    const [file = "", other] = readdirSync(folder).toSorted();
    assert.equal(readFileSync(join(folder, file), "utf8"), `{"name":"y"}\n{"name":"z"}\n`);
    assert.equal(other, "other.txt");
  });
});
