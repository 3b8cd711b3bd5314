/** How an upload's reading leaves the event loop to other flows. */
import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { bulkBody } from "../../../lib/webitel/bulk-body.js";
import type { Member } from "../../../lib/webitel/types.js";
import { textSource } from "../../../lib/webitel/upload/csv-source.js";
import { giveWay } from "../../../lib/webitel/upload/give-way.js";
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

  it("lets no more than one of those who give way work within a request to another flow", async () => {
    let [slices, working] = [0, 3];
    const work = async (): Promise<void> => {
      for (let slice = 0; slice < 20; slice++) {
        await giveWay();
        slices++;
      }
      working--;
    };
    const ask = async (): Promise<void> => {
      while (working > 0) {
        const before = slices;
        for (let turn = 0; turn < TURNS_OF_A_REQUEST; turn++) await nextTurn();
        assert.ok(slices - before <= 1, `${slices - before} slices within one request`);
      }
    };
    await Promise.all([work(), work(), work(), ask()]);
    assert.equal(slices, 60);
  });

  it("lets those go first behind whom a server waits, and the others in their order", async () => {
    const order: string[] = [];
    const work = async (name: string, isFirst?: boolean): Promise<void> => {
      await giveWay(isFirst);
      order.push(name);
    };
    await Promise.all([work("rows"), work("body"), work("answer", true), work("other rows"), work("request", true)]);
    assert.deepEqual(order, ["answer", "request", "rows", "body", "other rows"]);
  });

  it("writes the body of a large bulk in slices, and in the end as JSON does", async () => {
    const items = numbers.map((destination, row): Member => ({
      name: `"Людина" ${row}`,
      communications: [{ destination, type: { id: "1" }, priority: 0 }],
    }));
    let turns = 0;
    let isWriting = true;
    const count = async (): Promise<void> => {
      for (; isWriting; turns++) await nextTurn();
    };
    const write = async (): Promise<Buffer> => bulkBody(items, "Люди.csv").finally(() => (isWriting = false));
    const [body] = await Promise.all([write(), count()]);
    assert.equal(body.toString(), JSON.stringify({ items, file_name: "Люди.csv" }));
    assert.ok(turns > 40 * TURNS_OF_A_REQUEST, `${turns} turns`);
    assert.equal((await bulkBody([], undefined)).toString(), JSON.stringify({ items: [] }));
    assert.equal(
      (await bulkBody(items.slice(0, 1), "")).toString(),
      JSON.stringify({ items: items.slice(0, 1), file_name: "" }),
    );
  });
});
