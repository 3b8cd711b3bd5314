/** A recorder as tests see it, without Node-RED. */
import FakeTimers from "@sinonjs/fake-timers";
import type { Level, Run } from "../../lib/recorder/model.js";
import { Privacy } from "../../lib/recorder/privacy.js";
import { Pseudonyms } from "../../lib/recorder/pseudonyms.js";
import { type Hooks, Recorder } from "../../lib/recorder/recorder.js";

/** The key of {@link pseudonyms}. */
export const KEY = "0123456789abcdef".repeat(4);
/** The first and the last node of each call. */
export const IN = { id: "in", z: "tab", type: "smartrouting-in" };
export const OUT = { id: "out", z: "tab", type: "smartrouting-out" };
/** The numbers' other names. */
export const pseudonyms = new Pseudonyms(KEY);

/** A recorder, its hooks, and what it told. */
export interface Made {
  recorder: Recorder;
  hooks: Record<keyof Hooks, (event: unknown) => void>;
  done: Run[];
  faults: unknown[];
}

/** Makes a recorder. */
export function make(level: Exclude<Level, "off"> = "path", showsNumbers = false): Made {
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
export function pass({ hooks }: Made, msg: object, from: object, to: object): void {
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
export function call(made: Made, from: string, to = "+358942000100", extra: object = {}): void {
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
export const onClock = (test: (clock: FakeTimers.Clock) => void) => (): void => {
  const clock = FakeTimers.install({ toFake: ["performance"] });
  try {
    test(clock);
  } finally {
    clock.uninstall();
  }
};
