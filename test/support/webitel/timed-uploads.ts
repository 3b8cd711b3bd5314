/** Uploads to a {@link TimedWebitel}, with journals in a folder of their own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memberMapper } from "../../../lib/webitel/member.js";
import { JournalFolder } from "../../../lib/webitel/upload/journal-folder.js";
import { openRun, resumeRun } from "../../../lib/webitel/upload/open.js";
import type { Report } from "../../../lib/webitel/upload/report.js";
import { listSource } from "../../../lib/webitel/upload/source.js";
import type { UploadOptions } from "../../../lib/webitel/upload/options.js";
import { Upload } from "../../../lib/webitel/upload/upload.js";
import { people } from "./bench-run.js";
import type { TimedWebitel } from "./timed-webitel.js";

/** The figures of a report: total, accepted, uncertain, doubled, removed. */
export const numbers = ({ total, accepted, uncertain, doubled, removed }: Report): number[] => [
  total,
  accepted,
  uncertain,
  doubled,
  removed,
];

/** Registers its own hooks: make it inside of `describe`. */
export class TimedUploads {
  /** Where the journals of the present test are. */
  folder = "";

  constructor() {
    beforeEach(() => {
      this.folder = mkdtempSync(join(tmpdir(), "cc-once-"));
    });
    afterEach(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** Uploads people 1 to `count`, ten in a batch and one batch at a time. */
  readonly upload = async (
    webitel: TimedWebitel,
    count: number,
    options: Partial<UploadOptions> & { resume?: boolean; cancelAfterMs?: number; closeAfterMs?: number } = {},
  ): Promise<Report> => {
    const source = listSource(people(count));
    const { resume = false, cancelAfterMs, closeAfterMs, ...more } = options;
    const run = await (resume ? resumeRun : openRun)(new JournalFolder(this.folder, "n"), "10", source);
    const running = new Upload({
      api: webitel,
      queueId: "10",
      ...run,
      toMember: memberMapper({ mapping: [], defaults: [] }),
      batchSize: 10,
      concurrency: 1,
      rate: 0,
      uncertain: "verify",
      onBatch: () => undefined,
      ...more,
    });
    if (cancelAfterMs !== undefined) setTimeout(() => running.cancel(), cancelAfterMs);
    if (closeAfterMs !== undefined) setTimeout(() => void running.close(), closeAfterMs);
    return running.run(source.rows());
  };
}
