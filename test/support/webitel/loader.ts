/**
 * An upload in a process of its own, made to be killed: `tsx loader.ts '<LoaderJob>'`. What the upload reports is appended to the job's
 * log before the next thing happens, so that it survives the kill, as a flow's files would.
 */
import { appendFileSync } from "node:fs";
import { createWebitelClient } from "../../../lib/webitel/client.js";
import { memberMapper } from "../../../lib/webitel/member.js";
import { JournalFolder } from "../../../lib/webitel/upload/journal-folder.js";
import { openRun, resumeRun } from "../../../lib/webitel/upload/open.js";
import { fileSource } from "../../../lib/webitel/upload/csv-source.js";
import { Upload } from "../../../lib/webitel/upload/upload.js";

/** What to load, and how. */
export interface LoaderJob {
  url: string;
  token: string;
  queueId: string;
  file: string;
  folder: string;
  log: string;
  batchSize: number;
  concurrency: number;
  resume: boolean;
}

async function main(): Promise<void> {
  const job = JSON.parse(process.argv[2] ?? "") as LoaderJob;
  const log = (line: object): void => appendFileSync(job.log, `${JSON.stringify(line)}\n`);
  const source = fileSource(job.file, { separator: "auto", encoding: "auto" });
  const run = await (job.resume ? resumeRun : openRun)(new JournalFolder(job.folder, "loader"), job.queueId, source);
  const upload = new Upload({
    api: createWebitelClient(job),
    queueId: job.queueId,
    ...run,
    toMember: memberMapper({ mapping: [], defaults: [{ field: "type", value: "1" }] }),
    batchSize: job.batchSize,
    concurrency: job.concurrency,
    rate: 0,
    uncertain: "verify",
    // A hundred times as fast as in earnest.
    patience: { backoff: { minMs: 10, maxMs: 300 }, askAfterMs: 10, giveUpMs: 60_000, lateMs: 1000 },
    onBatch: ({ rejects, ids, accepted }) => log({ accepted, rejects, ids }),
  });
  log({ report: await upload.run(source.rows()) });
  process.exit(0);
}

main().catch((error: unknown) => {
  const { message, cause } = error as Error & { cause?: { why?: string } };
  // Another process is at it, or has just ended it.
  if (["locked", "nothing"].includes(cause?.why ?? "")) process.exit(3);
  console.error(message);
  process.exit(1);
});
