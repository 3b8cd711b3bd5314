/** Runs that are received again: what goes into the flow, and what stands in for nodes that reach outside. */
import assert from "node:assert/strict";
import FakeTimers from "@sinonjs/fake-timers";
import { inspect } from "node:util";
import type { Again, Level, Receiver, Run } from "../../../lib/recorder/model.js";
import { Privacy } from "../../../lib/recorder/privacy.js";
import { Pseudonyms } from "../../../lib/recorder/pseudonyms.js";
import { type Hooks, Recorder } from "../../../lib/recorder/recorder.js";

const CALLER = "+358401112233";
const pseudonyms = new Pseudonyms("0123456789abcdef".repeat(4));
type Message = Record<string, unknown>;

/** A node as Node-RED has it, as far as the recorder sees it. */
class FakeNode {
  readonly sent: { output: number; message: Message }[] = [];
  readonly done: unknown[] = [];
  constructor(
    readonly id: string,
    readonly type: string,
    readonly wires: string[][] = [[]],
    readonly z = "tab",
  ) {}
  send(messages: (Message | null)[]): void {
    for (const [output, message] of messages.entries()) if (message) this.sent.push({ output, message });
  }
  _complete(_: object, error?: Error & { code?: unknown }): void {
    this.done.push(error && [error.message, error.code]);
  }
}

/** A flow: in node, CRM, out node. */
class Flow {
  readonly inNode = new FakeNode("in", "smartrouting-in");
  readonly crm = new FakeNode("crm", "http request");
  readonly out = new FakeNode("out", "smartrouting-out");
  readonly faults: unknown[] = [];
  readonly recorder = new Recorder({
    level: "values",
    privacy: new Privacy(pseudonyms),
    onFault: (error) => this.faults.push(error),
  });
  hooks = this.hooksAt("values");
  readonly receivers = new Map<string, Receiver>([
    ["in", { type: "smartrouting-in", receive: (again, recorder) => this.receive(again, recorder) }],
  ]);
  /** What the in node sent last. */
  message: Message = {};

  hooksAt(level: Exclude<Level, "off">): Record<keyof Hooks, (event: unknown) => unknown> {
    return (this.hooks = this.recorder.record(level) as unknown as Flow["hooks"]);
  }

  /** A call comes, or comes again. */
  receive(
    again: Again = { messages: [{ payload: { anum: CALLER } }], data: { anum: CALLER } },
    recorder: Pick<Recorder, "begin"> = this.recorder,
  ): void {
    const call = { vendor: "enreach", state: "incoming", from: CALLER, at: "2026-11-22T10:00:00.000Z" } as const;
    const run = recorder.begin({ vendor: "enreach", node: this.inNode, callId: "c", call, again: () => again });
    this.message = { ...again.messages[0], _msgid: "m" };
    run?.mark(this.message);
  }

  /** @returns false where the message was kept from the node */
  pass(from: FakeNode, to: FakeNode, message: Message = this.message, port = 0): unknown {
    this.hooks.onSend([
      { msg: message, source: { id: from.id, node: from, port }, destination: { id: to.id, node: to } },
    ]);
    const event = { msg: message, destination: { id: to.id, node: to } };
    const kept = this.hooks.onReceive(event);
    if (kept !== false) this.hooks.postReceive(event);
    return kept;
  }

  /** The CRM answers, as it does outside. */
  record(payload: unknown = { vip: true }): string {
    this.receive();
    this.pass(this.inNode, this.crm);
    this.message["payload"] = payload;
    delete this.message["topic"];
    this.pass(this.crm, this.out);
    return this.last().id;
  }

  replay(id: string, outside = false): Run {
    const replay = this.recorder.replay(id, this.receivers, outside);
    assert.ok("id" in replay, JSON.stringify(replay));
    return this.recorder.run(replay.id) as Run;
  }

  last(): Run {
    return this.recorder.runs()[0] as Run;
  }
}

const onClock = (test: (flow: Flow, clock: FakeTimers.Clock) => void) => (): void => {
  const clock = FakeTimers.install({ toFake: ["performance", "setTimeout", "clearTimeout"] });
  try {
    const flow = new Flow();
    test(flow, clock);
    assert.deepEqual(flow.faults, []);
  } finally {
    clock.uninstall();
  }
};

describe("A replay", () => {
  it(
    "is a run of its own, of the same request, and says of which one",
    onClock((flow) => {
      const original = flow.record();
      assert.equal(flow.last().isReplayable, true);
      const run = flow.replay(original);
      assert.notEqual(run.id, original);
      assert.equal(run.replayOf, original);
      assert.deepEqual(flow.message["payload"], { anum: CALLER });
      assert.deepEqual(flow.recorder.heat(new Set([run.id])), {});
    }),
  );

  it(
    "gives what a node outside had sent on, as long after its message, and the node gets none",
    onClock((flow, clock) => {
      flow.receive();
      flow.pass(flow.inNode, flow.crm);
      clock.tick(300);
      Object.assign(flow.message, { payload: Buffer.from("abc"), statusCode: 200 });
      flow.pass(flow.crm, flow.out, flow.message, 1);
      flow.replay(flow.last().id);
      assert.equal(flow.pass(flow.inNode, flow.crm), false);
      clock.tick(299);
      assert.deepEqual(flow.crm.sent, []);
      clock.tick(1);
      const { output, message } = flow.crm.sent[0] as (typeof flow.crm.sent)[0];
      assert.equal(output, 1);
      assert.deepEqual([message["payload"], message["statusCode"]], [Buffer.from("abc"), 200]);
      assert.equal(flow.pass(flow.crm, flow.out, message, 1), undefined);
      assert.deepEqual(
        flow.last().steps.map(({ node, from, standIn }) => [node, from, standIn]),
        [
          ["in", undefined, undefined],
          ["crm", 0, "recorded"],
          ["out", 1, undefined],
        ],
      );
      assert.deepEqual(flow.crm.done, [undefined]);
    }),
  );

  it(
    "gives each message of a node what the same one had, and stops one too many",
    onClock((flow, clock) => {
      flow.receive();
      const { message } = flow;
      for (const answer of ["first", "second"]) {
        flow.message = Object.assign({ ...message }, { payload: "?" });
        flow.pass(flow.inNode, flow.crm);
        flow.message["payload"] = answer;
        flow.pass(flow.crm, flow.out);
      }
      flow.replay(flow.last().id);
      const again = flow.message;
      for (let count = 0; count < 3; count++) {
        flow.message = { ...again };
        assert.equal(flow.pass(flow.inNode, flow.crm), false);
        clock.tick(1);
      }
      assert.deepEqual(
        flow.crm.sent.map(({ message: { payload } }) => payload),
        ["first", "second"],
      );
      assert.equal(flow.last().steps.at(-1)?.standIn, "missing");
    }),
  );

  it(
    "fails where a node had failed",
    onClock((flow, clock) => {
      flow.receive();
      flow.pass(flow.inNode, flow.crm);
      const error = Object.assign(new Error("no route"), { code: "ECONNREFUSED" });
      flow.hooks.onComplete?.({ msg: flow.message, error, node: flow.crm });
      flow.replay(flow.last().id);
      assert.equal(flow.pass(flow.inNode, flow.crm), false);
      clock.tick(1);
      assert.deepEqual([flow.crm.sent, flow.crm.done], [[], [["no route", "ECONNREFUSED"]]]);
    }),
  );

  it(
    "lets nodes reach outside when asked to",
    onClock((flow) => {
      flow.replay(flow.record(), true);
      assert.equal(flow.pass(flow.inNode, flow.crm), undefined);
    }),
  );

  it(
    "keeps a new message of a function node from nodes outside too, and no message of another run",
    onClock((flow) => {
      const code = new FakeNode("code", "function");
      flow.replay(flow.record());
      const replayed = flow.message;
      flow.hooks.onSend([{ msg: replayed, source: { id: "in", node: flow.inNode, port: 0 }, destination: code }]);
      const event = { msg: replayed, destination: { id: "code", node: code } };
      flow.hooks.onReceive(event);
      const made = { payload: "new" };
      flow.hooks.onSend([
        { msg: made, source: { id: "code", node: code, port: 0 }, destination: { id: "crm", node: flow.crm } },
      ]);
      flow.hooks.postReceive(event);
      assert.equal(flow.hooks.onReceive({ msg: made, destination: { id: "crm", node: flow.crm } }), false);
      flow.receive();
      flow.message["replay"] = true;
      assert.equal(flow.pass(flow.inNode, flow.crm), undefined);
    }),
  );

  it(
    "keeps its messages from nodes outside when 500 other runs came meanwhile, and at another level",
    onClock((flow, clock) => {
      flow.replay(flow.record());
      const { message } = flow;
      for (let count = 0; count < 1000; count++) {
        if (count % 400 === 0) clock.tick(1000);
        flow.receive();
      }
      assert.equal(flow.last().replayOf, undefined);
      assert.ok(!flow.recorder.runs().some(({ replayOf }) => replayOf !== undefined));
      assert.equal(flow.pass(flow.inNode, flow.crm, { ...message }), false);
      flow.hooksAt("path");
      assert.equal(flow.pass(flow.inNode, flow.crm, { ...message }), false);
    }),
  );

  it(
    "is possible only for what was received at the level values by a node that is there",
    onClock((flow) => {
      const refusal = (id: string): unknown => flow.recorder.replay(id, flow.receivers, false);
      const kept = flow.record();
      flow.hooksAt("path");
      flow.receive();
      assert.deepEqual(refusal(flow.last().id), { refusal: "not-kept" });
      assert.equal(flow.last().isReplayable, undefined);
      flow.recorder.refuse({ vendor: "enreach", node: flow.inNode }, "refused", { status: 401 }, "credentials");
      assert.deepEqual(refusal(flow.last().id), { refusal: "refused" });
      assert.deepEqual(refusal("none"), { refusal: "run" });
      flow.receivers.set("in", { type: "voicenter-layer-in", receive: () => assert.fail("it was received") });
      assert.deepEqual(refusal(kept), { refusal: "other-type" });
      flow.receivers.clear();
      assert.deepEqual(refusal(kept), { refusal: "node" });
    }),
  );

  it(
    "goes with its number, what still stands in too",
    onClock((flow, clock) => {
      const answer = { note: "call 040 999 8877 back" };
      flow.replay(flow.record(answer));
      assert.equal(flow.pass(flow.inNode, flow.crm), false);
      const forget = (number: string): number =>
        flow.recorder.forget((text) => Privacy.mentions(text, pseudonyms.of(number), pseudonyms));
      assert.equal(forget("0409998877"), 2);
      flow.replay(flow.record(answer));
      assert.equal(flow.pass(flow.inNode, flow.crm), false);
      assert.equal(forget(CALLER), 2);
      clock.tick(60_000);
      assert.deepEqual(flow.crm.sent, []);
      const memory = inspect(flow.recorder, { depth: 14, showHidden: true, maxArrayLength: null });
      assert.doesNotMatch(memory, /0409998877|040 999 8877|358401112233/);
    }),
  );
});
