/** What an upload sends to the node's outputs. */
import type { NodeAPI } from "node-red";
import { withColumn } from "../../../lib/webitel/field-names.js";
import type { Mapping } from "../../../lib/webitel/member.js";
import {
  type BatchResult,
  NO_ROWS,
  type Progress,
  type Reject,
  type Report,
} from "../../../lib/webitel/upload/report.js";
import type { SkippedRun } from "../../../lib/webitel/upload/open.js";
import type { Message } from "../../shared/input.js";
import type { Carrier } from "./streams.js";

/** A row that was refused, with its reason in the integrator's language. */
export type LocalizedReject = Omit<Reject, "reason"> & { reason: string };

/** Sends a batch: its rejected rows to output 2, what was loaded to output 3. */
export function sendBatch(
  RED: NodeAPI,
  { message, send }: Carrier,
  result: Omit<BatchResult, "rejects"> & { rejects: readonly LocalizedReject[] },
  run: Progress,
): void {
  const { batch, accepted, rejected, total, ids, rejects } = result;
  send([
    null,
    rejects.length > 0 ? copyOf(RED, message, rejects) : null,
    copyOf(RED, message, { batch, accepted, rejected, total, ids, run }),
  ]);
}

/** Sends the report on the message itself, to output 1. */
export function sendReport({ message, send, isStream }: Carrier, report: Report): void {
  // The report is one message: a join behind it must not wait for the stream's others.
  if (isStream) delete message["parts"];
  message.payload = report;
  send([message, null, null]);
}

/** The report of an upload that did not begin. */
export function emptyReport(queueId: string): Report {
  const counts = { ...NO_ROWS, doubled: 0, removed: 0 };
  return { runId: "", queueId, total: 0, ...counts, batches: 0, durationMs: 0, resumed: false };
}

/** The report of a message that loaded nothing, because a run over the same content exists. */
export function skippedReport(queueId: string, run: SkippedRun): Report {
  return { ...emptyReport(queueId), ...run };
}

function copyOf(RED: NodeAPI, message: Message, payload: unknown): Message {
  const { payload: _, ...rest } = message;
  return { ...RED.util.cloneMessage(rest), payload };
}

/** A reject with its reason in the integrator's language. @param mapping the columns' names are given with the fields */
export function localizedReject(
  RED: NodeAPI,
  { reason, ...row }: Reject,
  mapping: readonly Mapping[] = [],
): LocalizedReject {
  const said =
    typeof reason === "object"
      ? RED._(`webitel-dialer-member-upload.rows.${reason.key}`, {
          field: withColumn(reason.field, mapping),
          value: reason.value ?? "",
        })
      : (reason ?? RED._("webitel-dialer-member-upload.rows.uncertain"));
  return { ...row, reason: said };
}
