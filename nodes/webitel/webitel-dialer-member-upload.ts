/**
 * Loads members into a dialer's queue, each exactly once.
 *
 * Message in: members in `payload` (one, a list, a stream with `parts`), CSV in `payload`, or a file; `action` = pause, resume,
 * cancel, start.
 * Message out: 1 the report, on the message; 2 per batch the rows that were refused; 3 per batch what was loaded.
 * The thinking is in `lib/webitel/upload`. Vendor document: "Webitel REST API usage examples", 4. Dialer.
 */
import type { Node, NodeAPI } from "node-red";
import { CLOSED, uploadFault } from "../../lib/webitel/errors.js";
import { HeldMemory } from "../../lib/webitel/upload/held.js";
import { isInFlows, onceDeployed } from "../shared/deploys.js";
import { localize, type Message, onInput, type Send } from "../shared/input.js";
import { ProgressBadge } from "./badge.js";
import { showConnection, withClient } from "./connection.js";
import { type Action, actionOf, type QueuedUpload, UploadQueue } from "./control.js";
import { sendReport, skippedReport } from "./upload/outputs.js";
import { type TakenUpload, UploadRunner } from "./upload/runner.js";
import type { UploadConfig } from "./upload/settings.js";
import { type Carrier, isStreamed, Streams } from "./upload/streams.js";

export = (RED: NodeAPI) => {
  function DialerMemberUpload(this: Node, config: UploadConfig): void {
    RED.nodes.createNode(this, config);
    const held = new HeldMemory();
    const queue = new UploadQueue(held);
    const badge = new ProgressBadge(RED, this, () => queue.waiting);
    showConnection(RED, this, config.connection);
    const runner = new UploadRunner(RED, this, config, queue, badge);

    const add = ({ opened, bytes }: TakenUpload, carrier: Carrier, action?: Action): Promise<void> => {
      const work = (queued: QueuedUpload): Promise<void> =>
        withClient(RED, config.connection, (api) => runner.upload(api, { queued, opened, carrier, action })).catch(
          (thrown: unknown) => {
            const error = uploadFault(thrown);
            badge.fail(error);
            // A Catch node that is closed by the same deploy swallows the error, so the log has it too.
            if (error.code === CLOSED) this.warn(localize(RED, error).message);
            throw error;
          },
        );
      const joins = !carrier.isStream && action !== "resume" && (action === "start" || config.again !== "load");
      return queue.add({
        opened,
        bytes,
        work,
        identify: () => runner.identify(opened),
        ...(joins && { onSame: () => sendReport(carrier, skippedReport("", { runId: "", skipped: "running" })) }),
      });
    };
    const streams = new Streams((source, carrier) => {
      const taken = runner.take(carrier.message, source);
      return { upload: add(taken, carrier), read: runner.streamReader(taken.opened) };
    }, held);

    const control = (queued: QueuedUpload, action: Exclude<Action, "start">): void => {
      queued[action]();
      badge[queued.isCancelled ? "cancel" : action]();
    };

    const resume = async (message: Message, send: Send, queued: QueuedUpload): Promise<void> => {
      await runner.throwIfOther(message, queued.opened);
      if (queue.current === queued) control(queued, "resume");
      // It has ended meanwhile.
      else await add(runner.take(message), { message, send }, "resume");
    };

    onInput(RED, this, (message, send) => {
      const action = actionOf(message);
      const { current } = queue;
      // What is cancelled does not go on: its rest is loaded when it has ended.
      const isRest = action === "resume" && current?.isCancelled === true;
      if (current && action === "resume" && !isRest) return resume(message, send, current);
      if (current && action && action !== "start" && !isRest) return control(current, action);
      // Nothing runs, so there is nothing to pause or to cancel.
      if (action === "pause" || action === "cancel") return undefined;
      // A stream cannot be resumed: its messages are then refused one by one.
      if (action !== "resume" && (config.source ?? "payload") === "payload" && isStreamed(message))
        return streams.take(message, send);
      return add(runner.take(message), { message, send }, action);
    });

    this.on("close", (removed: boolean, done: () => void) => {
      // They were not begun, and a Catch node that is closed by the same deploy does not see their errors either.
      const { waiting } = queue;
      if (waiting > 0) this.warn(RED._("webitel.waiting", { waiting }));
      runner.folder.close();
      const ended = queue.close();
      // A node that is disabled, or moved to another tab, is removed as well, and comes again.
      if (removed)
        onceDeployed(RED, () => {
          if (!isInFlows(RED, this.id)) void ended.then(() => runner.folder.tidy(0)).catch(() => undefined);
        });
      // Only now: a stream that ends while its upload still runs would look complete.
      streams.close();
      // The messages under way end first, so that their error is still ours.
      void ended.finally(() => setImmediate(done)).catch(() => undefined);
    });
  }
  return DialerMemberUpload;
};
