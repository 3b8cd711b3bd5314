/** The body of an answer whose status says all: what comes of it in time. */
import type { Readable } from "node:stream";

/** The most of a body that is read where the status is the answer. */
const MAX_TEXT_BYTES = 64 * 1024;

/** The text that comes within this time, milliseconds; at most 64 KiB, and what was read before a break. */
export function readWithin(stream: Readable, limitMs: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString("utf8"));
      stream.destroy();
    };
    const timer = setTimeout(end, limitMs);
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_TEXT_BYTES) end();
    });
    // After a break, the status says what came of the request.
    stream.on("end", end).on("close", end).on("error", end);
  });
}
