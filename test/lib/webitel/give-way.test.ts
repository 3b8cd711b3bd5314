/** How an upload's reading leaves the event loop to other flows. */
import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { textSource } from "../../../lib/webitel/upload/csv-source.js";
import { listSource, type RowSource } from "../../../lib/webitel/upload/source.js";

/** A request to another flow is read, and passes from node to node, in so many turns. */
const TURNS_OF_A_REQUEST = 4;

const numbers = Array.from({ length: 5000 }, (_, row) => `+38044${1_000_000 + row}`);
const sources: Record<string, () => RowSource> = {
  "a list": () => listSource(numbers.map((destination) => ({ destination }))),
  CSV: () => textSource(["destination", ...numbers].join("\n"), { separator: ",", encoding: "auto" }),
};

describe("lib/webitel/upload/give-way", () => {
  for (const [what, make] of Object.entries(sources))
    it(`lets a request to another flow pass between two slices of ${what}`, async () => {
      const source = make();
      await source.measure();
      let [slices, rows, requests] = [0, 0, 0];
      let isReading = true;
      const read = async (): Promise<void> => {
        for await (const slice of source.rows()) {
          slices++;
          rows += slice.length;
        }
        isReading = false;
      };
      const ask = async (): Promise<void> => {
        while (isReading) {
          const before = slices;
          for (let turn = 0; turn < TURNS_OF_A_REQUEST; turn++) await nextTurn();
          requests++;
          assert.ok(slices - before <= 1, `${slices - before} slices within one request`);
        }
      };
      await Promise.all([read(), ask()]);
      source.close();
      assert.equal(rows, numbers.length);
      assert.ok(requests > 5, `${requests} requests`);
    });
});
