/** One message of an upload node: its settings and input opened, its run begun or continued, its outputs sent. */
import { join } from "node:path";
import type { Node, NodeAPI } from "node-red";
import type { WebitelClient } from "../../../lib/webitel/client.js";
import { type MappingOptions, memberMapper } from "../../../lib/webitel/member.js";
import { isRecord } from "../../../lib/core/values.js";
import { ContactCenterError, refused } from "../../../lib/webitel/errors.js";
import { CANCELLED } from "../../../lib/webitel/upload/context.js";
import { countMembers } from "../../../lib/webitel/upload/counted.js";
import { JournalFolder } from "../../../lib/webitel/upload/journal-folder.js";
import { NameLookup, type NamesApi } from "../../../lib/webitel/upload/names.js";
import { beginRun, resumeRun, type SkippedRun } from "../../../lib/webitel/upload/open.js";
import { rejectedRow, RejectsFile } from "../../../lib/webitel/upload/rejects-file.js";
import type { UploadOptions } from "../../../lib/webitel/upload/options.js";
import type { Report } from "../../../lib/webitel/upload/report.js";
import { CAUSE } from "../../../lib/webitel/upload/row-reader.js";
import type { InputRow, RowValues } from "../../../lib/webitel/upload/rows.js";
import type { RowSource } from "../../../lib/webitel/upload/source.js";
import { Upload } from "../../../lib/webitel/upload/upload.js";
import { localize, type Message } from "../../shared/input.js";
import type { ProgressBadge } from "../badge.js";
import type { Action, Identity, QueuedUpload, UploadQueue } from "../control.js";
import { emptyReport, localizedReject, sendBatch, sendReport, skippedReport } from "./outputs.js";
import type { Opened } from "./opened.js";
import { type PartSettings, SettingsReader, type UploadConfig } from "./settings.js";
import { bringsList, takeInput } from "./sources.js";
import type { Carrier, ReadRows } from "./streams.js";

/** An upload at its turn. */
export interface UploadJob {
  queued: QueuedUpload;
  carrier: Carrier;
  opened: Promise<Opened>;
  action: Action | undefined;
}

/** What a message brought, taken at once. */
export interface TakenUpload {
  /** About how much memory it holds. */
  bytes: number;
  opened: Promise<Opened>;
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

  /**
   * Takes what a message asks for, at once: while it waits for its turn the flow may change all that it depends on.
   * @param streamed the rows of a stream of messages
   * @throws ContactCenterError `EINVALID` when there is no input; what is wrong with a setting fails `opened`
   */
  take(message: Message, streamed?: RowSource): TakenUpload {
    const { settings } = this;
    const input = streamed ? { bytes: 0, open: () => streamed } : takeInput(settings.source, message);
    const reading = settings.read(message, streamed !== undefined);
    const opened = reading.then((read): Opened => {
      const again = (): RowSource => input.open(read.csv, read.file);
      return { settings: { ...read, ...settings.fileName(read.file) }, source: again(), again };
    });
    // It fails at its turn, or before where it waits.
    opened.catch(() => undefined);
    return { bytes: input.bytes, opened };
  }

  /** What a message would load, so that the same is not loaded twice. @throws ContactCenterError when it cannot be read */
  async identify(taken: Promise<Opened>): Promise<Identity> {
    const opened = await taken;
    const { queueId, file } = opened.settings;
    if (file === "") return identityOf(queueId, (await opened.source.measure()).fingerprint);
    const source = opened.again();
    try {
      const { fingerprint } = await source.measure();
      opened.contentBefore = fingerprint;
      return identityOf(queueId, fingerprint);
    } finally {
      source.close();
    }
  }

  /**
   * Compares a message that resumes with the upload that it would resume.
   * @throws ContactCenterError `EINVALID` when it brings another list, or names another queue or file
   */
  async throwIfOther(message: Message, current: Promise<Opened>): Promise<void> {
    if (!bringsList(this.settings.source, message)) return;
    const mine = await this.take(message).opened;
    try {
      if (!(await isSame(mine, await current)))
        throw refused("webitel.errors.resume.other", { vendor: "webitel", operation: "resume", field: "source" });
    } finally {
      mine.source.close();
    }
  }

  /**
   * How the messages of a stream are read.
   * @param first what the stream's first message said: its queue is that of all
   */
  streamReader(first: Promise<Opened>): (message: Message) => ReadRows {
    const plain: ReadRows = (rows) => rows.map((data) => ({ data }));
    if (!this.settings.changes) return () => plain;
    return (message) => {
      const own = this.settings.readPart(message);
      own.catch(() => undefined);
      return async (rows) => {
        const stated = await this.statedBy(own, first);
        return rows.map((data) => ({ data, ...stated }));
      };
    };
  }

  /** What the message of a row says, or why that cannot be. */
  private async statedBy(own: Promise<PartSettings>, first: Promise<Opened>): Promise<Omit<InputRow, "data">> {
    try {
      const { queueId, values } = await own;
      const { settings } = await first;
      if (queueId === undefined || queueId === settings.queueId) return { values };
      return { error: { key: "other-queue", field: "queueId", value: queueId } };
    } catch (error) {
      return { error: { key: "setting", field: "", value: localize(this.RED, error).message } };
    }
  }

  /** Loads what a message asked for, and sends the report. @throws ContactCenterError when the upload cannot go on */
  async upload(api: WebitelClient, job: UploadJob): Promise<void> {
    this.badge.begin();
    const opened = await job.opened;
    job.queued.reads(opened.source);
    try {
      await this.load(api, job, opened);
    } catch (error) {
      // Cancelled before the run had begun: nothing was sent.
      if (error !== CANCELLED) throw error;
      const report = { ...emptyReport(opened.settings.queueId), cancelled: true } as const;
      this.badge.end(report);
      sendReport(job.carrier, report);
    } finally {
      opened.source.close();
    }
  }

  private async load(
    api: WebitelClient,
    { queued, carrier, action }: UploadJob,
    { settings, source, contentBefore }: Opened,
  ): Promise<void> {
    const { RED, badge } = this;
    const folder = this.folder.into(api.server);
    const { queueId, again, file, rejectsPath, expireAt, mapping: rules, ...options } = settings;
    const mapping: MappingOptions = { ...rules, expireAt: expireAt() };
    if (contentBefore !== undefined && (await source.measure()).fingerprint !== contentBefore)
      throw refused("webitel.errors.source.changed-before", CAUSE, { path: file });
    const run = await (action === "resume"
      ? resumeRun(folder, queueId, source)
      : beginRun(folder, queueId, source, again, action === "start"));
    if ("skipped" in run) return this.skip(carrier, queueId, run);
    try {
      this.queue.throwIfClosed();
      queued.identify(identityOf(queueId, run.fingerprint));
      const { before, journal, elsewhere } = run;
      if (elsewhere !== undefined) this.node.warn(RED._("webitel.elsewhere", { server: elsewhere }));
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
      const listNames: NamesApi["listNames"] = (field) => running.untilAnswered(() => api.listNames(field));
      const running: Upload = new Upload({
        api,
        ...options,
        queueId,
        ...run,
        toMember: rowMapper({ ...mapping, names: new NameLookup({ listNames }) }),
        onBatch(result, progress) {
          badge.progress(progress);
          countMembers(result);
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

/** Maps rows; those of a message that says something of its own by what that says. */
function rowMapper(options: MappingOptions): UploadOptions["toMember"] {
  const ofAll = memberMapper(options);
  let last: RowValues | undefined;
  let ofLast = ofAll;
  return (row, values) => {
    if (!values) return ofAll(row);
    if (values !== last) ofLast = memberMapper({ ...options, ...values });
    last = values;
    return ofLast(row);
  };
}

/** True for one input and queue. A file is told by its path: what it holds is compared when it is loaded. */
async function isSame(one: Opened, other: Opened): Promise<boolean> {
  const { queueId, file } = one.settings;
  if (queueId !== other.settings.queueId || file !== other.settings.file) return false;
  return file !== "" || (await one.source.measure()).fingerprint === (await other.source.measure()).fingerprint;
}

/** Two uploads of the same content into the same queue are the same. */
const identityOf = (queueId: string, fingerprint: string): Identity =>
  fingerprint === "" ? undefined : `${queueId} ${fingerprint}`;
