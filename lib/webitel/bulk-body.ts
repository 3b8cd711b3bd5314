/** The body of a bulk, as bytes. */
import type { Member } from "./types.js";
import { giveWay } from "./upload/give-way.js";

/** Members that become text before the event loop is yielded: a fraction of a millisecond. */
const SLICE = 100;

/**
 * Writes members as `{items, file_name}`, some at a time. Bytes, because a long text stays in the heap for as long as the answer takes.
 * @param fileName undefined leaves `file_name` out
 */
export async function bulkBody(items: readonly Member[], fileName: string | undefined): Promise<Buffer> {
  let text = "";
  for (let at = 0; at < items.length; at += SLICE) {
    if (at > 0) await giveWay();
    text += `${at > 0 ? "," : ""}${JSON.stringify(items.slice(at, at + SLICE)).slice(1, -1)}`;
  }
  const name = fileName === undefined ? "" : `,"file_name":${JSON.stringify(fileName)}`;
  return Buffer.from(`{"items":[${text}]${name}}`);
}
