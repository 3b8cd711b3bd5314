import assert from "node:assert/strict";
import { type Clock, install } from "@sinonjs/fake-timers";
import { DuplicateFilter } from "../../../lib/cti/duplicates.js";
import { resetSteady } from "../../support/steady.js";
import { Random } from "../../support/cti-schedule/random.js";

describe("lib/cti/duplicates", () => {
  let clock: Clock;
  beforeEach(() => {
    clock = install({ now: 1_000_000 });
    resetSteady();
  });
  afterEach(() => {
    clock.uninstall();
    resetSteady();
  });

  /** What comes out of events that subscriptions post, 800 ms after each other. */
  const out = (posted: readonly [id: string, content: string][]): string[] => {
    const filter = new DuplicateFilter();
    return posted.flatMap(([id, content]) => {
      clock.tick(800);
      return filter.isDuplicate("call", content, { id, askedAt: 0, madeAt: 0 }) ? [] : [content];
    });
  };
  const of = (id: string, contents: string): [string, string][] => contents.split(" ").map((content) => [id, content]);

  it("finds the copies of a late subscription that posted an event which the other one has not", () => {
    const [early, late] = [
      of("b", "Connected OnHold Retrieve OnHold"),
      of("a", "Hunting Connected OnHold Retrieve OnHold"),
    ];
    const once = ["Connected", "OnHold", "Retrieve", "OnHold", "Hunting"];
    assert.deepEqual(out([...early, ...late]), once);
    assert.deepEqual(
      out([...early.slice(0, 2), ...late.slice(0, 2), ...early.slice(2), ...late.slice(2)]).toSorted(),
      once.toSorted(),
    );
    const without = early.filter(([, content]) => content !== "Connected");
    assert.deepEqual(out([...without, ...late]), ["OnHold", "Retrieve", "OnHold", "Hunting", "Connected"]);
  });

  for (const subscriptions of [2, 3])
    it(`lets out each event of ${subscriptions} subscriptions once, in whatever order they post and whatever they lack`, () => {
      for (let seed = 1; seed <= 300; seed++) {
        const random = new Random(seed);
        const call = Array.from({ length: 1 + random.below(30) }, () => `event ${random.below(6)}`);
        // One has all events of a content: else nobody can know whether two that are lacking are the same.
        const complete = new Map(call.map((content) => [content, random.below(subscriptions)]));
        const queues = Array.from({ length: subscriptions }, (_, id) =>
          call
            .filter((content) => complete.get(content) === id || random.next() < 0.6)
            .map((content) => [String(id), content] as const),
        );
        const filter = new DuplicateFilter();
        const delivered: string[] = [];
        for (let left = queues; left.length > 0; left = queues.filter((queue) => queue.length > 0)) {
          const next = left[random.below(left.length)]?.shift();
          if (!next) continue;
          clock.tick(random.below(300));
          if (!filter.isDuplicate(`call ${seed}`, next[1], { id: next[0], askedAt: 0, madeAt: 0 }))
            delivered.push(next[1]);
        }
        assert.deepEqual(delivered.toSorted(), call.toSorted(), `seed ${seed}`);
      }
    });

  it("forgets after 30 s, and keeps 100 events of a call", () => {
    const filter = new DuplicateFilter();
    const isCopy = (id: string, content: string): boolean =>
      filter.isDuplicate("call", content, { id, askedAt: 0, madeAt: 0 });
    assert.deepEqual([isCopy("a", "x"), isCopy("a", "y")], [false, false]);
    clock.tick(29_900);
    assert.equal(isCopy("b", "x"), true);
    clock.tick(200);
    assert.equal(isCopy("b", "y"), false);
    for (let event = 0; event <= 100; event++) assert.equal(isCopy("a", `event ${event}`), false);
    assert.deepEqual([isCopy("b", "event 1"), isCopy("b", "event 0")], [true, false]);
  });
});
