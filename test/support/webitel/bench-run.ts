/** One upload from a list against a simulator, with the boring parts written once. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContactCenterError } from "../../../lib/core/errors.js";
import { createWebitelClient } from "../../../lib/webitel/client.js";
import { memberMapper } from "../../../lib/webitel/member.js";
import { JournalFolder } from "../../../lib/webitel/upload/journal-folder.js";
import { openRun, resumeRun } from "../../../lib/webitel/upload/open.js";
import type { BatchResult, Report } from "../../../lib/webitel/upload/report.js";
import type { InputRow } from "../../../lib/webitel/upload/rows.js";
import type { Patience } from "../../../lib/webitel/upload/context.js";
import { listSource } from "../../../lib/webitel/upload/source.js";
import type { UploadOptions } from "../../../lib/webitel/upload/options.js";
import { Upload } from "../../../lib/webitel/upload/upload.js";
import {
  startWebitelSimulator,
  WEBITEL_DEMO_TOKEN,
  type WebitelSimulator,
  type WebitelSimulatorOptions,
} from "../../../simulators/webitel/simulator.js";

/** What a test may want otherwise. */
export type Overrides = Partial<Omit<UploadOptions, "before">> & { resume?: boolean; token?: string };

/** An upload ready to run. */
export interface Prepared {
  upload: Upload;
  rows: AsyncIterable<readonly InputRow[]>;
  results: BatchResult[];
}

/** Quick, and longer than the simulator's late work takes. */
export const QUICK: Patience = {
  backoff: { minMs: 20, maxMs: 100 },
  askAfterMs: 150,
  giveUpMs: 60_000,
  lateMs: 300,
};

/** Good rows, as a CSV would give them. */
export function people(count: number, more: (row: number) => object = () => ({})): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, at) => ({
    name: `Person ${at + 1}`,
    destination: `+38044${1_000_000 + at}`,
    type: "1",
    "variables.row": String(at + 1),
    ...more(at + 1),
  }));
}

/** A folder for journals and uploads that use it. */
export class UploadHarness {
  readonly folder = mkdtempSync(join(tmpdir(), "cc-upload-"));
  private readonly clients: { close(): void }[] = [];

  constructor(readonly simulator: WebitelSimulator) {}

  async prepare(items: readonly unknown[], overrides: Overrides = {}): Promise<Prepared> {
    const { resume = false, token = WEBITEL_DEMO_TOKEN, queueId = "10", ...more } = overrides;
    const source = listSource(items);
    const run = await (resume ? resumeRun : openRun)(new JournalFolder(this.folder, "test"), queueId, source);
    const results: BatchResult[] = [];
    const api = createWebitelClient({ url: this.simulator.url, token });
    this.clients.push(api);
    const upload = new Upload({
      api,
      queueId,
      ...run,
      toMember: memberMapper({ mapping: [], defaults: [] }),
      batchSize: 10,
      concurrency: 1,
      rate: 0,
      uncertain: "verify",
      patience: QUICK,
      onBatch: (result) => void results.push(result),
      ...more,
    });
    return { upload, rows: source.rows(), results };
  }

  /** Numbers of the rows in the queue, rising. */
  loaded(queueId = "10"): number[] {
    return (this.simulator.store.queue(queueId)?.members ?? [])
      .map(({ variables }) => Number(variables?.["row"]))
      .sort((a, b) => a - b);
  }

  /** Paths of the bulks and searches that the simulator saw. */
  bulks(): string[] {
    return this.simulator.seen
      .filter(({ path }) => path.endsWith("/bulk"))
      .map(({ marker }) => marker?.replace(/^[^-]+-/, "") ?? "");
  }

  asked(): number {
    return this.simulator.seen.filter(({ method }) => method === "GET").length;
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.close();
    await this.simulator.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What tests wait for with an api of their own. */
export const IMPATIENT: Patience = { backoff: { minMs: 1, maxMs: 5 }, askAfterMs: 1, giveUpMs: 60_000, lateMs: 0 };

/** Total, accepted, rejected, uncertain, batches. */
export const numbers = ({ total, accepted, rejected, uncertain, batches }: Report): number[] => [
  total,
  accepted,
  rejected,
  uncertain,
  batches,
];

/** The error of an upload that must fail. */
export async function failure({ upload, rows }: Prepared): Promise<ContactCenterError & { cause: { report: Report } }> {
  try {
    await upload.run(rows);
  } catch (error) {
    return error as ContactCenterError & { cause: { report: Report } };
  }
  throw new Error("the upload did not fail");
}

/** A simulator and a harness for each test of the suite that calls this; `bench` is there once an upload was prepared. */
export function eachWithHarness(): {
  bench: UploadHarness;
  prepare: (items: readonly unknown[], overrides?: Overrides, options?: WebitelSimulatorOptions) => Promise<Prepared>;
} {
  let bench: UploadHarness;
  afterEach(() => bench.close());
  return {
    get bench() {
      return bench;
    },
    async prepare(items, overrides, options) {
      bench = new UploadHarness(await startWebitelSimulator(options));
      return bench.prepare(items, overrides);
    },
  };
}

/** 1 … count */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);
