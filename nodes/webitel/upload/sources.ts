/** From a message to the rows of an upload, as they are when the message comes. */
import { refused } from "../../../lib/core/errors.js";
import { isRecord } from "../../../lib/core/values.js";
import { type Copied, copyList, copyRows, isMostlyHoles } from "../../../lib/webitel/upload/copies.js";
import { fileSource, textSource } from "../../../lib/webitel/upload/csv-source.js";
import type { CsvOptions } from "../../../lib/webitel/upload/row-reader.js";
import { listSource, type RowSource } from "../../../lib/webitel/upload/source.js";
import type { Message } from "../../shared/input.js";

const wrong = (key: string): ReturnType<typeof refused> =>
  refused(`webitel.errors.source.${key}`, { vendor: "webitel", operation: "upload", field: "payload" });

/** Where the members come from. */
export type SourceKind = "payload" | "csv" | "file";

/** What a message brought. Whatever its flow does with it afterwards, this stays. */
export interface TakenInput {
  /** About how much memory it holds. */
  bytes: number;
  /** @param filename of a source `file`: absolute */
  open(csv: CsvOptions, filename: string): RowSource;
}

/**
 * The rows of a payload: a list, one member, or Webitel's own bulk body `{items}`.
 * @throws ContactCenterError `EINVALID` when it is none of them
 */
function payloadRows(payload: unknown): readonly unknown[] {
  if (Array.isArray(payload)) return listOf(payload as unknown[]);
  if (!isRecord(payload)) throw wrong("payload");
  const items = itemsOf(payload);
  return items ? listOf(items) : [payload];
}

/** The list of a bulk body; undefined for one member. A property that throws when it is read is of a member, who is rejected. */
function itemsOf(payload: Record<string, unknown>): readonly unknown[] | undefined {
  try {
    const { items } = payload;
    return Array.isArray(items) ? (items as unknown[]) : undefined;
  } catch {
    return undefined;
  }
}

function listOf(list: readonly unknown[]): readonly unknown[] {
  if (isMostlyHoles(list)) throw wrong("holes");
  return list;
}

/** The rows of a stream's message. What is no member goes along as a row: it is rejected, and the others are loaded. */
export function streamedRows(payload: unknown): Copied<readonly unknown[]> {
  return copyRows(Array.isArray(payload) || isRecord(payload) ? payloadRows(payload) : [payload]);
}

/**
 * True for one of several messages: core's *file in* and *split* cut a text where a buffer ends, after some letters, or at each line.
 * A whole text whose message keeps the `parts` of a list of files looks the same, and half a number is worse than a refusal.
 */
const isPiece = ({ parts }: Message): boolean => isRecord(parts) && parts["count"] !== 1;

/**
 * CSV in a payload. Bytes are copied.
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
 * Takes the input of a message, at once.
 * @throws ContactCenterError `EINVALID` when there is none
 */
export function takeInput(kind: SourceKind, message: Message): TakenInput {
  if (kind === "file") return { bytes: 0, open: (csv, filename) => fileSource(filename, csv) };
  if (kind === "csv") {
    const content = csvPayload(message);
    return { bytes: content.length, open: (csv) => textSource(content, csv) };
  }
  const { copy, bytes } = copyList(payloadRows(message.payload));
  return { bytes, open: () => listSource(copy) };
}

/** True for a message that brings a list of its own; a control message may have any payload. */
export function bringsList(kind: SourceKind, { payload, filename }: Message): boolean {
  if (kind === "file") return typeof filename === "string" && filename !== "";
  if (kind === "csv") return Buffer.isBuffer(payload) || (typeof payload === "string" && /[\r\n]/.test(payload));
  return Array.isArray(payload) || (isRecord(payload) && itemsOf(payload) !== undefined);
}
