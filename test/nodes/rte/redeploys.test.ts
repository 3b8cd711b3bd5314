import assert from "node:assert/strict";
import { type RteSimulator, startRteSimulator } from "../../../simulators/rte/simulator.js";
import { code, inject, tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { again, flowOf, hubHas, of, QUEUE_ID, subscriber } from "../../support/rte.js";

interface Vital {
  heap: number;
  listeners: number;
  sockets: number;
}
/** Bytes that a hundred deploys may add to the heap. */
const HEAP_LIMIT = 6_000_000;
/** Lets a function node look at the process. */
const VITAL = `functionGlobalContext: { probe: report, vital: async () => {
  require("node:v8").setFlagsFromString("--expose-gc");
  const gc = require("node:vm").runInNewContext("gc");
  // What this turn of the event loop still refers to goes in the next one, and the contexts of function nodes in a task of their own.
  let before = Infinity;
  for (let round = 0; round < 20 && process.memoryUsage().heapUsed < before - 100_000; round++) {
    before = process.memoryUsage().heapUsed;
    gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
    gc();
  }
  const { events } = require.main.require("@node-red/util");
  const sockets = process.getActiveResourcesInfo().filter((name) => name.includes("TCPSocket")).length;
  return { heap: process.memoryUsage().heapUsed, listeners: events.listenerCount("flows:started"), sockets };
} },`;

describe("nodes/rte: many deploys", function () {
  this.timeout(120_000);
  let simulator: RteSimulator;
  let red: NodeRed;
  before(async () => {
    simulator = await startRteSimulator({ pingMs: 100 });
    red = await NodeRed.start({ flows: [tab()], settings: VITAL });
  });
  after(async () => {
    await red?.stop();
    await simulator?.close();
  });

  it("survives a hundred redeploys without growth of sockets, listeners or subscriptions", async () => {
    const measure = 'msg.payload = await global.get("vital")(); global.get("probe")("vital", msg);';
    const flow = flowOf(
      simulator,
      ...subscriber("a", [of("QueueStatus")]),
      ...subscriber("b", [of("QueueStatus"), of("QueueCallInArrived")]),
      code("measure", measure),
      inject("go", {}, [["measure"]]),
    );
    await red.deploy(flow);
    const vital = async (): Promise<Vital> => {
      red.forget();
      await fetch(`${red.adminUrl}/inject/go`, { method: "POST" });
      return (await red.message("vital"))["payload"] as Vital;
    };
    const turns = async (from: number, to: number): Promise<Vital> => {
      for (let index = from; index < to; index++) {
        const type = (["full", "flows", "nodes"] as const)[index % 3];
        for (const each of flow) if (each.type === "rte-subscribe") each["name"] = `turn ${index}`;
        await red.deploy(again(flow), type);
      }
      await hubHas(simulator, of("QueueStatus"), of("QueueCallInArrived"));
      return vital();
    };
    const early = await turns(0, 20);
    let late = await turns(20, 120);
    const heaps = [early.heap, late.heap];
    // What leaks grows with every hundred deploys; what V8 has only not collected yet does not.
    for (let from = 120; from < 320 && (heaps.at(-1) ?? 0) - (heaps.at(-2) ?? 0) >= HEAP_LIMIT; from += 100) {
      late = await turns(from, from + 100);
      heaps.push(late.heap);
    }
    assert.equal(late.listeners, early.listeners);
    assert.ok(late.sockets <= early.sockets + 1, `${early.sockets} to ${late.sockets} sockets`);
    assert.ok(late.heap - (heaps.at(-2) ?? 0) < HEAP_LIMIT, `${heaps.join(", ")} bytes`);
    simulator.emit("QueueStatus", QUEUE_ID);
    await red.message("b-event");
    await red.message("a-event");
    assert.deepEqual([red.messages("a-event").length, red.messages("b-event").length], [1, 1]);
    assert.ok(!red.log.some((line) => line.includes("MaxListenersExceeded")), "no listener left behind");
  });
});
