/** One message of an upload node: its settings and input opened, its run begun or continued, its outputs sent. */
import { join } from "node:path";
import type { Node, NodeAPI } from "node-red";
import type { WebitelClient } from "../../../lib/webitel/client.js";
import { type MappingOptions, memberMapper } from "../../../lib/webitel/member.js";
import { isRecord } from "../../../lib/core/values.js";
import { ContactCenterError } from "../../../lib/webitel/errors.js";
import { CANCELLED } from "../../../lib/webitel/upload/context.js";
import { JournalFolder } from "../../../lib/webitel/upload/journal-folder.js";
import { NameLookup } from "../../../lib/webitel/upload/names.js";
import { beginRun, resumeRun, type SkippedRun } from "../../../lib/webitel/upload/open.js";
import { rejectedRow, RejectsFile } from "../../../lib/webitel/upload/rejects-file.js";
import type { Report } from "../../../lib/webitel/upload/report.js";
import type { RowSource } from "../../../lib/webitel/upload/source.js";
import { Upload } from "../../../lib/webitel/upload/upload.js";
import { localize, type Message } from "../../shared/input.js";
import type { ProgressBadge } from "../badge.js";
import type { Action, Identity, QueuedUpload, UploadQueue } from "../control.js";
import { emptyReport, localizedReject, sendBatch, sendReport, skippedReport } from "./outputs.js";
import { type Evaluated, SettingsReader, type UploadConfig, type UploadSettings } from "./settings.js";
import { sourceOf } from "./sources.js";
import type { Carrier } from "./streams.js";

/** What a message asks to be loaded, and how. */
interface Opened {
  source: RowSource;
  options: Omit<UploadSettings, "mapping" | "source" | "csv"> & { fileName?: string };
  mapping: MappingOptions;
  /** Absolute path of the file for refused rows. */
  rejectsPath: string | undefined;
}

/** An upload at its turn. */
export interface UploadJob {
  queued: QueuedUpload;
  carrier: Carrier;
  /** What the settings were when the message came. */
  values: Promise<Evaluated>;
  action: Action | undefined;
  /** The rows of a stream of messages. */
  streamed: RowSource | undefined;
}

/** The uploads of one node. */
export class UploadRunner {
  /** Where the node's journals lie. */
  readonly folder: JournalFolder;
  private readonly settings: SettingsReader;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    config: UploadConfig,
    private readonly queue: UploadQueue,
    private readonly badge: ProgressBadge,
  ) {
    this.settings = new SettingsReader(RED, node, config);
    this.folder = new JournalFolder(join(RED.settings.userDir ?? ".", "contact-center"), node.id);
  }

  /** Reads the settings for a message that has come; a failure is thrown at its turn. */
  evaluate(message: Message): Promise<Evaluated> {
    const values = this.settings.evaluate(message);
    values.catch(() => undefined);
    return values;
  }

  /** What a message gives to settings: the messages of a stream have to agree. */
  settingsOf(message: Message): string {
    return this.settings.ofMessage(message);
  }

  /** What a message would load, so that the same is not loaded twice. @throws ContactCenterError when it cannot be read */
  async identify(message: Message, values: Promise<Evaluated>): Promise<Identity> {
    const { source, options } = await this.open(message, await values);
    try {
      return identityOf(options.queueId, (await source.measure()).fingerprint);
    } finally {
      source.close();
    }
  }

  /** Loads what a message asks for, and sends the report. @throws ContactCenterError when the upload cannot go on */
  async upload(api: WebitelClient, job: UploadJob): Promise<void> {
    this.badge.begin();
    const opened = await this.open(job.carrier.message, await job.values, job.streamed);
    job.queued.reads(opened.source);
    try {
      await this.load(api, job, opened);
    } catch (error) {
      // Cancelled before the run had begun: nothing was sent.
      if (error !== CANCELLED) throw error;
      const report = { ...emptyReport(opened.options.queueId), cancelled: true } as const;
      this.badge.end(report);
      sendReport(job.carrier, report);
    } finally {
      opened.source.close();
    }
  }

  private async open(message: Message, values: Evaluated, streamed?: RowSource): Promise<Opened> {
    const { settings } = this;
    const { mapping, source: kind, csv, ...options } = await settings.read(values);
    const file = kind === "file" && !streamed ? settings.filename(values) : "";
    const rejectsPath = await settings.rejectsFile(values, file);
    const source = streamed ?? sourceOf(kind, message, csv, file);
    return { source, mapping, rejectsPath, options: { ...options, ...settings.fileName(file) } };
  }

  private async load(
    api: WebitelClient,
    { queued, carrier, action }: UploadJob,
    { source, options, mapping, rejectsPath }: Opened,
  ): Promise<void> {
    const { RED, badge, folder } = this;
    const { queueId, again } = options;
    const run = await (action === "resume"
      ? resumeRun(folder, queueId, source)
      : beginRun(folder, queueId, source, action === "start" ? action : again));
    if ("skipped" in run) return this.skip(carrier, queueId, run);
    try {
      this.queue.throwIfClosed();
      queued.identify(identityOf(queueId, run.fingerprint));
      const { before, journal } = run;
      const faults: Pick<Report, "rejectsFile" | "journal"> = {};
      const say = (field: keyof typeof faults, fault: ContactCenterError): void =>
        this.node.warn((faults[field] = localize(RED, fault).message));
      let journalCode: ContactCenterError["code"] | undefined;
      if (before && rejectsPath === undefined) await RejectsFile.leave(before.rejects);
      const rejects =
        rejectsPath === undefined
          ? undefined
          : await RejectsFile.open(
              rejectsPath,
              source,
              before?.rejects,
              {
                onBegin: (known) => journal.append({ rejects: known }),
                onFault(fault, written) {
                  say("rejectsFile", fault);
                  journal.note({ rejects: { ...written, fault: `${fault.code}` } });
                },
              },
              mapping.mapping.map(({ column }) => column),
            );
      const running = new Upload({
        api,
        ...options,
        ...run,
        toMember: memberMapper({ ...mapping, names: new NameLookup(api) }),
        onBatch(result, progress) {
          badge.progress(progress);
          const rows = result.rejects.map((reject) => localizedReject(RED, reject, mapping.mapping));
          sendBatch(RED, carrier, { ...result, rejects: rows }, progress);
          return rejects?.add(result.rejects.map((reject, at) => rejectedRow(reject, rows[at]?.reason ?? "")));
        },
        onWait: (wait) => badge.wait(wait),
        async onReport(report) {
          await rejects?.close();
          badge.end(report);
          if (journalCode !== undefined) badge.journal(journalCode);
          queued.isDone = true;
          sendReport(carrier, { ...report, ...faults });
        },
        onJournalFault(fault) {
          say("journal", fault);
          badge.journal((journalCode = fault.code));
        },
      });
      queued.begin(running);
      await running.run(source.rows()).catch(async (error: unknown) => {
        await rejects?.close();
        throw withFaults(error, faults);
      });
    } finally {
      await run.journal.close();
    }
  }

  private skip(carrier: Carrier, queueId: string, run: SkippedRun): void {
    const report = skippedReport(queueId, run);
    this.badge.end(report);
    sendReport(carrier, report);
  }
}

/** An error whose report says what the report of an upload to its end would. */
function withFaults(error: unknown, faults: Partial<Report>): unknown {
  if (error instanceof ContactCenterError && isRecord(error.cause["report"]))
    Object.assign(error.cause["report"], faults);
  return error;
}

/** Two uploads of the same content into the same queue are the same. */
const identityOf = (queueId: string, fingerprint: string): Identity =>
  fingerprint === "" ? undefined : `${queueId} ${fingerprint}`;
