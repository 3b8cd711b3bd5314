/** The recorded path is the true one, on seeded random flows; `npm run bench:recorder-truth` has 1,000 of them. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { makeUserDir, NodeRed } from "../../support/node-red.js";
import { installTruth, randomFlow } from "../../support/random-flows.js";
import { type Comparison, compareTruth } from "../../support/recorded-truth.js";

describe("The recorded path", function () {
  this.timeout(120_000);
  let red: NodeRed;
  let userDir: string;
  before(async () => {
    userDir = makeUserDir();
    installTruth(userDir);
    red = await NodeRed.start({ userDir, settings: `contactCenter: { recorder: { level: "path" } },` });
  });
  after(async () => {
    await red?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });
  const compared = async (first: number, count: number, isUnknowable: boolean): Promise<Comparison> => {
    const seeds = Array.from({ length: count }, (_, i) => first + i);
    const flows = seeds.flatMap((seed) => randomFlow(seed, isUnknowable));
    await red.deploy(flows);
    return compareTruth(red, flows, seeds);
  };

  it("is the true one on 20 random flows", async () => {
    const { wrong, passages, unknown, uncertain } = await compared(1, 20, false);
    assert.deepEqual(wrong.slice(0, 10), []);
    assert.ok(passages > 500, `${passages}`);
    assert.equal(unknown, 0);
    assert.ok(uncertain < passages / 10, `${uncertain} of ${passages}`);
  });

  it("does not guess where nobody can know", async () => {
    const { wrong, unknown } = await compared(5001, 10, true);
    assert.deepEqual(wrong.slice(0, 10), []);
    assert.ok(unknown > 0, `${unknown}`);
  });
});
