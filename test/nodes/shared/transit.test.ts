import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { NodeAPI, NodeMessage } from "node-red";
import type { Notice } from "../../../lib/rte/subscriber.js";
import { Transit } from "../../../nodes/shared/transit.js";

type Hook = (event: { msg: NodeMessage }) => false | undefined;

describe("nodes/shared/transit", () => {
  const hooks = new Map<string, Hook>();
  const runtime = (settings: object = {}): NodeAPI =>
    ({
      settings,
      hooks: { add: (id: string, hook: Hook) => hooks.set(id, hook), remove: (id: string) => hooks.delete(id) },
    }) as unknown as NodeAPI;
  const isStopped = (msg: NodeMessage): boolean => [...hooks.values()].some((hook) => hook({ msg }) === false);
  const notice = (): Notice & NodeMessage => ({ topic: "connected", payload: {} });
  /** As Node-RED sends it. */
  const send = (transit: Transit<Notice>, id: string): NodeMessage => {
    const message = notice();
    transit.note(message);
    message._msgid = id;
    return message;
  };
  beforeEach(() => hooks.clear());

  it("takes back what was sent in this turn, once, and lets it arrive nowhere", async () => {
    const transit = new Transit<Notice>(runtime());
    const message = send(transit, "one");
    const [again, ...more] = transit.takeBack();
    assert.deepEqual([again, more], [notice(), []]);
    assert.deepEqual(transit.takeBack(), []);
    assert.ok(isStopped(message));
    assert.ok(!isStopped({ _msgid: "of another node" }));
    // What is sent again has an id of its own.
    assert.ok(!isStopped(again as NodeMessage));
    await nextTurn();
    await nextTurn();
    assert.equal(hooks.size, 0);
  });

  it("leaves what has arrived", async () => {
    const transit = new Transit<Notice>(runtime());
    send(transit, "one");
    await nextTurn();
    assert.deepEqual(transit.takeBack(), []);
    send(transit, "two");
    assert.equal(transit.takeBack().length, 1);
  });

  it("takes back what an immediate sends beside what is just being delivered", async () => {
    const transit = new Transit<Notice>(runtime());
    const delivered: string[] = [];
    // As Node-RED does.
    const deliver = (id: string): void => {
      send(transit, id);
      setImmediate(() => delivered.push(id));
    };
    setImmediate(() => deliver("two"));
    deliver("one");
    await nextTurn();
    assert.deepEqual(delivered, ["one"]);
    assert.equal(transit.takeBack().length, 1);
  });

  it("takes nothing back where Node-RED delivers at once", () => {
    const transit = new Transit<Notice>(runtime({ runtimeSyncDelivery: true }));
    send(transit, "one");
    assert.deepEqual(transit.takeBack(), []);
  });
});
