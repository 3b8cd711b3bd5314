/** From a message to the rows of an upload. */
import { refused } from "../../../lib/core/errors.js";
import { isRecord } from "../../../lib/core/values.js";
import { fileSource, textSource } from "../../../lib/webitel/upload/csv-source.js";
import type { CsvOptions } from "../../../lib/webitel/upload/row-reader.js";
import { listSource, type RowSource } from "../../../lib/webitel/upload/source.js";
import type { Message } from "../../shared/input.js";

const wrong = (key: string): ReturnType<typeof refused> =>
  refused(`webitel.errors.source.${key}`, { vendor: "webitel", operation: "upload", field: "payload" });

/**
 * The rows of a payload: a list, one member, or Webitel's own bulk body `{items}`.
 * @throws ContactCenterError `EINVALID` when it is none of them
 */
function payloadRows(payload: unknown): readonly unknown[] {
  if (Array.isArray(payload)) return payload as unknown[];
  if (!isRecord(payload)) throw wrong("payload");
  return Array.isArray(payload["items"]) ? (payload["items"] as unknown[]) : [payload];
}

/** The rows of a stream's message. What is no member goes along as a row: it is rejected, and the others are loaded. */
export function streamedRows(payload: unknown): readonly unknown[] {
  return Array.isArray(payload) || isRecord(payload) ? payloadRows(payload) : [payload];
}

/** Core's file node and split cut a text where a buffer ends, or at each line. */
function isPiece({ parts }: Message): boolean {
  const { type, count } = (isRecord(parts) ? parts : {}) as { type?: unknown; count?: unknown };
  // Names of files come with a count, and what a file node reads for one keeps it.
  return type === "buffer" ? count !== 1 : type === "string" && count === undefined;
}

/**
 * CSV in a payload. Bytes are copied: the flow may use their buffer again.
 * @throws ContactCenterError `EINVALID` when it is neither text nor bytes, or a piece of them
 */
function csvPayload(message: Message): string | Buffer {
  const { payload } = message;
  if (isPiece(message)) throw wrong("piece");
  if (Buffer.isBuffer(payload)) return Buffer.from(payload);
  if (typeof payload !== "string") throw wrong("csv");
  return payload;
}

/**
 * Makes the input of an upload.
 * @param filename of a source `file`: absolute
 */
export function sourceOf(
  kind: "payload" | "csv" | "file",
  message: Message,
  options: CsvOptions,
  filename: string,
): RowSource {
  if (kind === "file") return fileSource(filename, options);
  return kind === "csv" ? textSource(csvPayload(message), options) : listSource(payloadRows(message.payload));
}
