/**
 * Loads members into a dialer's queue, each exactly once.
 *
 * Message in: members in `payload` (one, a list, a stream with `parts`), CSV in `payload`, or a file; `action` = pause, resume, cancel.
 * Message out: 1 the report, on the message; 2 per batch the rows that were refused; 3 per batch what was loaded.
 * The thinking is in `lib/webitel/upload`. Vendor document: "Webitel REST API usage examples", 4. Dialer.
 */
import { join } from "node:path";
import type { Node, NodeAPI } from "node-red";
import { CLOSED } from "../../lib/core/errors.js";
import type { WebitelClient } from "../../lib/webitel/client.js";
import { memberMapper } from "../../lib/webitel/member.js";
import { JournalFolder } from "../../lib/webitel/upload/journal.js";
import { openRun, resumeRun } from "../../lib/webitel/upload/open.js";
import { localZone } from "../../lib/webitel/time.js";
import type { BatchResult, Reject } from "../../lib/webitel/upload/report.js";
import type { RowSource } from "../../lib/webitel/upload/source.js";
import { Upload } from "../../lib/webitel/upload/upload.js";
import { type Message, onInput, localize } from "../shared/input.js";
import { ProgressBadge } from "./badge.js";
import { SettingsReader, type UploadConfig } from "./upload/settings.js";
import { sourceOf } from "./upload/sources.js";
import { type Carrier, isStreamed, Streams } from "./upload/streams.js";
import { withClient } from "./connection.js";
import { type Action, actionOf, type QueuedUpload, UploadQueue } from "./control.js";

export = (RED: NodeAPI): void => {
  function DialerMemberUpload(this: Node, config: UploadConfig): void {
    RED.nodes.createNode(this, config);
    const settings = new SettingsReader(RED, this, config);
    const folder = new JournalFolder(join(RED.settings.userDir ?? ".", "contact-center"), this.id);
    const badge = new ProgressBadge(RED, this);
    const queue = new UploadQueue();

    const upload = async (
      api: WebitelClient,
      queued: QueuedUpload,
      carrier: Carrier,
      resume: boolean,
      streamed?: RowSource,
    ): Promise<void> => {
      const { message } = carrier;
      badge.begin();
      const { mapping, source: kind, separator, ...options } = await settings.read(message);
      const source =
        streamed ?? sourceOf(kind, message, separator, kind === "file" ? await settings.filename(message) : "");
      const run = await (resume ? resumeRun : openRun)(folder, options.queueId, source);
      queue.throwIfClosed();
      const onBatch = (result: BatchResult): void => {
        badge.progress(running.report, run.rows);
        carrier.send([
          null,
          result.rejects.length > 0 ? copyOf(carrier.message, result.rejects.map(localizedReject)) : null,
          copyOf(carrier.message, progressOf(result)),
        ]);
      };
      const running = new Upload({ api, ...options, ...run, toMember: memberMapper(mapping), onBatch });
      queued.begin(running);
      const report = await running.run(source.rows());
      badge.end(report);
      carrier.message.payload = report;
      carrier.send([carrier.message, null, null]);
    };

    const add = (carrier: Carrier, resume: boolean, streamed?: RowSource): Promise<void> =>
      queue.add((queued) =>
        withClient(RED, config.connection, (api) => upload(api, queued, carrier, resume, streamed)).catch(
          (error: unknown) => {
            badge.fail(error);
            // A Catch node that is closed by the same deploy swallows the error, so the log has it too.
            if ((error as { code?: unknown }).code === CLOSED) this.warn(localize(RED, error).message);
            throw error;
          },
        ),
      );
    const streams = new Streams((source, carrier) => add(carrier, false, source));

    const control = (queued: QueuedUpload, action: Action): void => {
      queued[action]();
      if (action !== "cancel") badge[action]();
    };

    onInput(RED, this, (message, send) => {
      const action = actionOf(message);
      if (queue.current && action) return control(queue.current, action);
      // Nothing runs, so there is nothing to pause or to cancel.
      if (action === "pause" || action === "cancel") return undefined;
      // A stream cannot be resumed: its messages are then refused one by one.
      if (action !== "resume" && (config.source ?? "payload") === "payload" && isStreamed(message))
        return streams.take(message, send);
      return add({ message, send }, action === "resume");
    });

    this.on("close", (done: () => void) => {
      const ended = queue.close();
      // Only now: a stream that ends while its upload still runs would look complete.
      streams.close();
      // The messages under way end first, so that their error is still ours.
      void ended.then(() => setImmediate(done));
    });
  }

  function copyOf(message: Message, payload: unknown): Message {
    const { payload: _, ...rest } = message;
    return { ...RED.util.cloneMessage(rest), payload };
  }

  /** A reject with its reason in the integrator's language. */
  function localizedReject({ reason, ...row }: Reject): object {
    const said =
      typeof reason === "object"
        ? RED._(`webitel.rows.${reason.key}`, { field: reason.field, value: reason.value ?? "" })
        : (reason ?? RED._("webitel.rows.uncertain"));
    return { ...row, reason: said };
  }

  RED.nodes.registerType("webitel-dialer-member-upload", DialerMemberUpload, {
    // The form's example dates are those of this machine, not of the browser's.
    settings: { webitelDialerMemberUploadZone: { value: localZone(), exportable: true } },
  });
};

function progressOf({ batch, accepted, rejected, total, ids }: BatchResult): object {
  return { batch, accepted, rejected, total, ids };
}
