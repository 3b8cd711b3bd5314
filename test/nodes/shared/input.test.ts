/** The rim that all nodes share, with a node that only remembers. */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Node, NodeAPI } from "node-red";
import { refused } from "../../../lib/core/errors.js";
import { localize, type Message, onInput } from "../../../nodes/shared/input.js";
import { setStatus, clearStatus } from "../../../nodes/shared/status.js";
import { readIgnoringCase } from "../../../lib/core/values.js";

const RED = {
  _: (key: string, words?: Record<string, string>) => (words ? `${key}: ${words["field"]} of ${words["vendor"]}` : key),
} as unknown as NodeAPI;

/** A node that remembers its badges. */
function fakeNode(id = "n"): Node & { badges: { text?: string; shape?: string }[] } {
  const badges: object[] = [];
  return Object.assign(new EventEmitter(), { id, badges, status: (badge: object) => badges.push(badge) }) as never;
}

describe("nodes/shared/input", () => {
  const run = (handle: (message: Message) => void | Promise<void>): Promise<unknown[]> => {
    const node = fakeNode();
    onInput(RED, node, handle);
    const calls: unknown[] = [];
    node.emit(
      "input",
      { payload: 1 },
      () => undefined,
      (error?: unknown) => calls.push(error),
    );
    return new Promise((resolve) => setImmediate(() => resolve(calls)));
  };

  it("calls done once, for work that is done now and later", async () => {
    assert.deepEqual(await run(() => undefined), [undefined]);
    assert.deepEqual(await run(async () => undefined), [undefined]);
  });

  it("gives what is thrown to done once, with the catalogue's sentence", async () => {
    const error = refused("shared.errors.x", { vendor: "webitel", operation: "o", field: "queueId" });
    for (const handle of [
      () => {
        throw error;
      },
      () => Promise.reject(error),
    ]) {
      const calls = await run(handle);
      assert.equal(calls.length, 1);
      assert.equal(String(calls[0]), "shared.errors.x: queueId of Webitel");
      const { message, code, cause } = calls[0] as { message: string; code: string; cause: object };
      assert.deepEqual(
        [message, code, cause],
        ["shared.errors.x: queueId of Webitel", "EINVALID", { vendor: "webitel", operation: "o", field: "queueId" }],
      );
    }
  });

  it("names a field by its label in the form, where that is another word", async () => {
    const labels: Record<string, string> = { "n.form.rejectsFile": "Write them to", "n.form.queue": "Queue" };
    const words = (field: string): string => {
      const fake = { _: (key: string, values?: Record<string, string>) => labels[key] ?? values?.["field"] ?? key };
      return localize(fake as never, refused("x", { vendor: "webitel", operation: "o", field }), "n").message;
    };
    assert.deepEqual(["rejectsFile", "queue", "payload"].map(words), [
      "Write them to (rejectsFile)",
      "queue",
      "payload",
    ]);
  });

  it("reports an error without the message where Node-RED cannot copy it for the Catch nodes", async () => {
    const errors: unknown[] = [];
    const node = Object.assign(fakeNode(), { error: (error: unknown) => errors.push(error) });
    const problem = new Error("the flow's");
    onInput(RED, node, () => Promise.reject(problem));
    node.emit(
      "input",
      {},
      () => undefined,
      () => {
        throw new Error("not copied");
      },
    );
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(errors, [problem]);
  });

  it("hands on what is no error of ours as it is", async () => {
    const [plain] = await run(() => {
      throw new TypeError("a bug");
    });
    assert.ok(plain instanceof TypeError);
  });
});

describe("nodes/shared/status", () => {
  const afterStart = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it("paints the first badge once the flow can hear it, the latest one", async () => {
    const node = fakeNode();
    setStatus(node, "connecting");
    setStatus(node, "connected");
    await afterStart();
    assert.equal(node.badges.at(-1)?.text, "node-red:common.status.connected");
  });

  it("does not repaint what is there, keeps texts under 20 characters, and wipes", async () => {
    const node = fakeNode();
    setStatus(node, "waiting");
    await afterStart();
    setStatus(node, "waiting");
    setStatus(node, "error", "a text that is far too long for a badge");
    clearStatus(node);
    clearStatus(node);
    assert.deepEqual(
      node.badges.map((badge) => badge.text),
      ["waiting", "a text that is far ", undefined],
    );
    assert.deepEqual(
      node.badges.map((badge) => badge.shape),
      ["dot", "ring", undefined],
    );
  });
});

describe("nodes/shared/values", () => {
  it("reads own properties in any case, and nothing of a prototype", () => {
    const read = readIgnoringCase({ InitialTarget: 1, initialtarget: 2, x: undefined });
    assert.equal(read("INITIALTARGET"), 1);
    assert.equal(read("x", "InitialTarget"), 1);
    assert.equal(read("constructor", "toString", "__proto__"), undefined);
    for (const odd of [null, "text", 7, [1], Buffer.from("x")])
      assert.equal(readIgnoringCase(odd)("length", "0"), undefined);
  });
});
