import assert from "node:assert/strict";
import { type Clock, install } from "@sinonjs/fake-timers";
import type { Node, NodeAPI } from "node-red";
import type { Reason } from "../../../lib/rte/retry.js";
import { type Reporter, reporterOf } from "../../../nodes/rte/reporter.js";

describe("nodes/rte/reporter", () => {
  const lines: string[] = [];
  const say = (text: unknown): void => void lines.push(String(text));
  const RED = { _: (key: string) => key.replace("rte.warnings.", "") } as unknown as NodeAPI;
  let reporter: Reporter;
  let clock: Clock;
  const ended = (reason: Reason): void =>
    reporter.onState({ word: "disconnected", reason, error: new Error("x"), retryInMs: 500, retryAtMs: 0 });
  const back = (): void => reporter.onState({ word: "connected" });
  const said = (): string[] => lines.splice(0);

  beforeEach(() => {
    clock = install({ toFake: ["performance"] });
    reporter = reporterOf(RED, { warn: say, log: say } as unknown as Node);
  });
  afterEach(() => clock.uninstall());

  it("says an outage that comes again and again once a minute, and its end as often", () => {
    for (let count = 0; count < 20; count++) {
      ended("hub");
      back();
    }
    assert.deepEqual(said(), ["disconnected", "back"]);
    clock.tick(61_000);
    ended("hub");
    back();
    assert.deepEqual(said(), ["disconnected", "back"]);
  });

  it("says an outage that lasts, although another one was said within the minute", () => {
    ended("closed");
    back();
    ended("closed");
    ended("closed");
    assert.deepEqual(said(), ["disconnected", "back"]);
    clock.tick(61_000);
    ended("closed");
    ended("closed");
    back();
    assert.deepEqual(said(), ["disconnected", "back"]);
  });

  it("says that calls fail, and that they work again, as often", () => {
    for (let count = 0; count < 20; count++) {
      reporter.onCallFault({ operation: "Subscribe", message: "busy" });
      reporter.onCallFault(undefined);
    }
    assert.deepEqual(said(), ["calls", "calls-back"]);
  });
});
