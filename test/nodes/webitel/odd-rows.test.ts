/** Rows that a function node makes and that throw when they are read, in a real Node-RED: each is rejected alone. */
import assert from "node:assert/strict";
import { start, uploadFlow } from "../../support/webitel/flow.js";
import { SECRET, Uploads } from "../../support/webitel/uploads.js";

const GOOD = '{destination: "+380441112233"}';

describe("webitel-dialer-member-upload, rows that throw", () => {
  const uploads = Uploads.ofThisSuite();

  for (const [what, payload, counts, reason] of [
    ["one member", '{get destination() { throw new Error("gone"); }}', [1, 0, 1], /gone/],
    ["one member whose items throw", '{get items() { throw new Error("gone"); }}', [1, 0, 1], /missing/],
    ["one member whose queue throws", '{get queueId() { throw new Error("gone"); }}', [1, 0, 1], /missing/],
    [
      "a row that throws what has no readable message",
      `[${GOOD}, {get destination() { throw {get message() { throw new Error("x"); }}; }}, ${GOOD}]`,
      [3, 2, 1],
      /JSON/,
    ],
    ["a row that throws nothing", `[{get destination() { throw undefined; }}, ${GOOD}]`, [2, 1, 1], /JSON/],
    [
      "a row that throws what is no text",
      `[{get destination() { throw Object.create(null); }}, ${GOOD}]`,
      [2, 1, 1],
      /JSON/,
    ],
    [
      "a row with another fault, of which a property throws,",
      `[{destination: "none", variables: {get x() { throw new Error("gone"); }}}, ${GOOD}]`,
      [2, 1, 1],
      /neither/,
    ],
    ["a finished member", `[{get communications() { throw new Error("gone"); }}, ${GOOD}]`, [2, 1, 1], /gone/],
  ] as const)
    it(`rejects ${what}, and loads the others`, async () => {
      const flow = uploadFlow(uploads.simulator.url, {}, SECRET).map((each) =>
        each.id === "unpack" ? { ...each, func: `msg.res._res.end(); return {payload: ${payload}};` } : each,
      );
      await uploads.red.deploy(flow);
      uploads.red.forget();
      await start(uploads.red.url, {});
      const { total, accepted, rejected } = await uploads.report();
      assert.deepEqual([total, accepted, rejected], counts);
      const { payload: rejects } = await uploads.red.message("rejects");
      assert.match((rejects as { reason: string }[])[0]?.reason ?? "", reason);
      assert.equal(uploads.red.messages("caught").length, 0);
    });
});
