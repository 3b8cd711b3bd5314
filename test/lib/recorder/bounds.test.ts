/** How many runs, steps and bytes the recorder keeps, and which. */
import assert from "node:assert/strict";
import { call, IN, type Made, make, onClock, OUT, pass, pseudonyms } from "../../support/recorder.js";

/** An event comes. */
const event = (made: Made, extra: object = {}): void =>
  made.recorder.begin({ vendor: "enreach", node: IN, event: "E", ...extra })?.end("received");
const eventsOf = (made: Made): number => made.recorder.runs().filter((run) => run.event !== undefined).length;

describe("The recorder's bounds", () => {
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
    "records 250 events of a second, so that calls are recorded however many come",
    onClock((clock) => {
      const made = make();
      for (let i = 0; i < 600; i++) event(made);
      for (let i = 0; i < 300; i++) call(made, `+35840${1_000_000 + i}`);
      assert.deepEqual([eventsOf(made), made.recorder.runs().length, made.recorder.skipped], [250, 500, 400]);
      clock.tick(1000);
      event(made);
      assert.equal(made.recorder.skipped, 400);
    }),
  );

  it(
    "does not take a message of a run that it has not recorded, or not any more, for one of another run",
    onClock((clock) => {
      const made = make();
      const begun = (_msgid: string): object => {
        const msg = { _msgid };
        made.recorder.begin({ vendor: "enreach", node: IN, isCaller: true })?.mark(msg);
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
        made.recorder.begin({ vendor: "enreach", node: OUT, isCaller: true });
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

  it(
    "keeps the latest 250 runs that answer a caller, however many events come",
    onClock((clock) => {
      const made = make();
      for (let i = 0; i < 300; i++) call(made, `+35840${1_000_000 + i}`);
      made.recorder.refuse({ vendor: "enreach", node: IN, isCaller: true }, "refused", { status: 401 }, "credentials");
      for (let i = 0; i < 2000; i++) {
        if (i % 100 === 0) clock.tick(1000);
        event(made);
      }
      const callers = made.recorder.runs().filter((run) => run.event === undefined);
      assert.equal(made.recorder.runs().length, 500);
      assert.equal(callers.length, 250);
      assert.equal(callers[0]?.outcome, "refused");
      assert.deepEqual(
        [callers[1], callers[249]].map((run) => run?.call?.from),
        ["+358401000299", "+358401000051"].map((number) => pseudonyms.of(number)),
      );
      assert.equal(made.done.length, 1801);
      // Newest first, whatever has made room.
      call(made, "+358401112233");
      assert.equal(made.recorder.runs()[0]?.call?.from, pseudonyms.of("+358401112233"));
      assert.equal(made.recorder.runs().length, 500);
    }),
  );

  it(
    "gives all 500 places to events while nobody calls, and to calls while no event comes",
    onClock((clock) => {
      const made = make();
      for (let i = 0; i < 700; i++) {
        if (i % 100 === 0) clock.tick(1000);
        event(made);
      }
      assert.equal(eventsOf(made), 500);
      for (let i = 0; i < 300; i++) call(made, `+35840${1_000_000 + i}`);
      assert.deepEqual([eventsOf(made), made.recorder.runs().length], [200, 500]);
      clock.tick(1000);
      for (let i = 0; i < 200; i++) call(made, `+35840${1_000_000 + i}`);
      assert.deepEqual([eventsOf(made), made.recorder.runs().length], [0, 500]);
    }),
  );

  it("keeps half of the 16 MB for runs that answer a caller", () => {
    const made = make("values");
    const large = { again: () => ({ messages: [{ payload: "x".repeat(400_000) }] }) };
    for (let i = 0; i < 9; i++) made.recorder.begin({ vendor: "enreach", node: IN, callId: String(i), ...large });
    for (let i = 0; i < 100; i++) event(made, large);
    assert.equal(made.recorder.runs().length, 19);
    assert.equal(eventsOf(made), 10);
    for (let i = 0; i < 100; i++) made.recorder.begin({ vendor: "enreach", node: IN, callId: String(i), ...large });
    assert.deepEqual([eventsOf(made), made.recorder.runs().length], [0, 19]);
  });

  it(
    "knows no run of another number in the place of one that made room",
    onClock((clock) => {
      const made = make();
      const seen = new Set<string>();
      for (let i = 0; i < 400; i++) {
        clock.tick(10);
        if (i % 3 === 0) call(made, `+35840${1_000_000 + i}`);
        else event(made);
        const [latest] = made.recorder.runs();
        assert.ok(latest && !seen.has(latest.id));
        seen.add(latest.id);
        if (i % 7 === 0) made.recorder.forget((text) => text.includes(latest.id));
      }
      for (const id of seen) assert.equal(made.recorder.run(id)?.id ?? id, id);
      assert.equal(made.recorder.runs().length, seen.size - Math.ceil(400 / 7));
    }),
  );

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
});
