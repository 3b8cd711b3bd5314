import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../support/wait.js";
import { people } from "../../support/webitel/bench-run.js";
import { start } from "../../support/webitel/flow.js";
import { Uploads } from "../../support/webitel/uploads.js";

describe("webitel-dialer-member-upload, refused rows over a deploy", () => {
  const uploads = Uploads.ofThisSuite();
  const { deploy, members, report } = uploads;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cc-rejects-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const refusedIn = (name: string): number[] =>
    [...readFileSync(join(folder, name), "utf8").matchAll(/^Person (\d+);no number;/gm)].map(([, row]) => Number(row));

  for (const again of ["rest.csv", "first.csv"])
    it(`has each of them in one file once: first.csv, then ${again}`, async () => {
      const count = 400;
      for (let round = 0; round < 4; round++) {
        const list = people(count, (row) => ({
          round: `${round}`,
          ...(row % 2 === 0 && { destination: "no number" }),
        }));
        const settings = { rejectsFile: "rejects", rejectsFileType: "msg", batchSize: 5, concurrency: 4 };
        await deploy({ ...settings, rate: 2000 });
        const before = members().length;
        await start(uploads.red.url, { payload: list, rejects: join(folder, "first.csv") });
        await until("some members", () => members().length >= before + 20 + 15 * round);
        await deploy(settings);
        await until("the log to say it", () => uploads.red.log.some((line) => line.includes("ended by a deploy")));
        uploads.red.forget();
        await start(uploads.red.url, { payload: list, rejects: join(folder, again) });
        assert.deepEqual([(await report()).rejected, members().length - before], [count / 2, count / 2]);
        const rows = readdirSync(folder).flatMap(refusedIn);
        assert.deepEqual(
          rows.sort((a, b) => a - b),
          list.flatMap((_, at) => (at % 2 === 1 ? [at + 1] : [])),
        );
        for (const name of readdirSync(folder)) rmSync(join(folder, name));
      }
    });
});
