/**
 * Loads members into a dialer's queue, each exactly once.
 *
 * Message in: members in `payload` (one, a list, a stream with `parts`), CSV in `payload`, or a file; `action` = pause, resume,
 * cancel, start.
 * Message out: 1 the report, on the message; 2 per batch the rows that were refused; 3 per batch what was loaded.
 * The thinking is in `lib/webitel/upload`. Vendor document: "Webitel REST API usage examples", 4. Dialer.
 */
import { join } from "node:path";
import type { Node, NodeAPI } from "node-red";
import { CLOSED } from "../../lib/core/errors.js";
import type { WebitelClient } from "../../lib/webitel/client.js";
import { type MappingOptions, memberMapper } from "../../lib/webitel/member.js";
import { CANCELLED } from "../../lib/webitel/upload/context.js";
import { JournalFolder } from "../../lib/webitel/upload/journal.js";
import { NameLookup } from "../../lib/webitel/upload/names.js";
import { beginRun, resumeRun, type SkippedRun } from "../../lib/webitel/upload/open.js";
import { RejectsFile } from "../../lib/webitel/upload/rejects-file.js";
import type { RowSource } from "../../lib/webitel/upload/source.js";
import { Upload } from "../../lib/webitel/upload/upload.js";
import { localize, type Message, onInput } from "../shared/input.js";
import { ProgressBadge } from "./badge.js";
import { emptyReport, localizedReject, sendBatch, sendReport, skippedReport } from "./upload/outputs.js";
import { SettingsReader, type UploadConfig, type UploadSettings } from "./upload/settings.js";
import { sourceOf } from "./upload/sources.js";
import { type Carrier, isStreamed, Streams } from "./upload/streams.js";
import { withClient } from "./connection.js";
import { type Action, actionOf, type Identity, type QueuedUpload, UploadQueue } from "./control.js";

/** What a message asks to be loaded, and how. */
interface Opened {
  source: RowSource;
  options: Omit<UploadSettings, "mapping" | "source" | "csv"> & { fileName?: string };
  mapping: MappingOptions;
  /** Absolute path of the file for refused rows. */
  rejectsPath: string | undefined;
}

export = (RED: NodeAPI) => {
  function DialerMemberUpload(this: Node, config: UploadConfig): void {
    RED.nodes.createNode(this, config);
    const settings = new SettingsReader(RED, this, config);
    const folder = new JournalFolder(join(RED.settings.userDir ?? ".", "contact-center"), this.id);
    const queue = new UploadQueue();
    const badge = new ProgressBadge(RED, this, () => queue.waiting);

    const open = async (message: Message, streamed?: RowSource): Promise<Opened> => {
      const { mapping, source: kind, csv, ...options } = await settings.read(message);
      const file = kind === "file" && !streamed ? await settings.filename(message) : "";
      const rejectsPath = await settings.rejectsFile(message, file);
      const source = streamed ?? sourceOf(kind, message, csv, file);
      return { source, mapping, rejectsPath, options: { ...options, ...settings.fileName(file) } };
    };

    const identify = async (message: Message): Promise<Identity> => {
      const { source, options } = await open(message);
      try {
        return identityOf(options.queueId, (await source.measure()).fingerprint);
      } finally {
        source.close();
      }
    };

    const skip = (carrier: Carrier, queueId: string, run: SkippedRun): void => {
      const report = skippedReport(queueId, run);
      badge.end(report);
      sendReport(carrier, report);
    };

    const upload = async (
      api: WebitelClient,
      queued: QueuedUpload,
      carrier: Carrier,
      action: Action | undefined,
      streamed?: RowSource,
    ): Promise<void> => {
      badge.begin();
      const opened = await open(carrier.message, streamed);
      queued.reads(opened.source);
      try {
        await load(api, queued, carrier, action, opened);
      } catch (error) {
        // Cancelled before the run had begun: nothing was sent.
        if (error !== CANCELLED) throw error;
        const report = { ...emptyReport(opened.options.queueId), cancelled: true } as const;
        badge.end(report);
        sendReport(carrier, report);
      } finally {
        opened.source.close();
      }
    };

    const load = async (
      api: WebitelClient,
      queued: QueuedUpload,
      carrier: Carrier,
      action: Action | undefined,
      { source, options, mapping, rejectsPath }: Opened,
    ): Promise<void> => {
      const { queueId, again } = options;
      const run = await (action === "resume"
        ? resumeRun(folder, queueId, source)
        : beginRun(folder, queueId, source, action === "start" ? "resume" : again));
      if ("skipped" in run) return skip(carrier, queueId, run);
      try {
        queue.throwIfClosed();
        queued.identify(identityOf(queueId, run.fingerprint));
        const isRest = run.before !== undefined;
        const rejects = rejectsPath === undefined ? undefined : await RejectsFile.open(rejectsPath, source, isRest);
        const running = new Upload({
          api,
          ...options,
          ...run,
          toMember: memberMapper({ ...mapping, names: new NameLookup(api) }),
          onBatch(result, progress) {
            badge.progress(progress);
            const rows = result.rejects.map((reject) => localizedReject(RED, reject));
            rejects?.add(rows);
            sendBatch(RED, carrier, { ...result, rejects: rows }, progress);
          },
          onWait: (wait) => badge.wait(wait),
        });
        queued.begin(running);
        const report = await running.run(source.rows());
        await rejects?.close().catch(warn);
        badge.end(report);
        sendReport(carrier, report);
      } finally {
        await run.journal.close();
      }
    };

    /** The rows are at output 2 all the same. */
    const warn = (error: unknown): void => this.warn(localize(RED, error).message);

    const add = (carrier: Carrier, action?: Action, streamed?: RowSource): Promise<void> => {
      const work = (queued: QueuedUpload): Promise<void> =>
        withClient(RED, config.connection, (api) => upload(api, queued, carrier, action, streamed)).catch(
          (error: unknown) => {
            badge.fail(error);
            // A Catch node that is closed by the same deploy swallows the error, so the log has it too.
            if ((error as { code?: unknown }).code === CLOSED) this.warn(localize(RED, error).message);
            throw error;
          },
        );
      const joins = !streamed && action !== "resume" && (action === "start" || config.again !== "load");
      return queue.add({
        work,
        identify: () => (streamed ? Promise.resolve(undefined) : identify(carrier.message)),
        ...(joins && { onSame: () => sendReport(carrier, skippedReport("", { runId: "", skipped: "running" })) }),
      });
    };
    const streams = new Streams((source, carrier) => add(carrier, undefined, source));

    const control = (queued: QueuedUpload, action: Exclude<Action, "start">): void => {
      queued[action]();
      badge[action]();
    };

    onInput(RED, this, (message, send) => {
      const action = actionOf(message);
      if (queue.current && action && action !== "start") return control(queue.current, action);
      // Nothing runs, so there is nothing to pause or to cancel.
      if (action === "pause" || action === "cancel") return undefined;
      // A stream cannot be resumed: its messages are then refused one by one.
      if (action !== "resume" && (config.source ?? "payload") === "payload" && isStreamed(message))
        return streams.take(message, send);
      return add({ message, send }, action);
    });

    this.on("close", (removed: boolean, done: () => void) => {
      const ended = queue.close().then(() => (removed ? folder.tidy(0) : undefined));
      // Only now: a stream that ends while its upload still runs would look complete.
      streams.close();
      // The messages under way end first, so that their error is still ours.
      void ended.finally(() => setImmediate(done)).catch(() => undefined);
    });
  }
  return DialerMemberUpload;
};

/** Two uploads of the same content into the same queue are the same. */
const identityOf = (queueId: string, fingerprint: string): Identity =>
  fingerprint === "" ? undefined : `${queueId} ${fingerprint}`;
