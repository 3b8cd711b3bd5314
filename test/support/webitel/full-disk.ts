/** A disk without room for some lines. */
import { open } from "node:fs/promises";

interface Appending {
  appendFile: (this: unknown, text: string) => Promise<void>;
}

/**
 * Makes appends to files fail with `ENOSPC` until the work has ended; half of what is appended is written, as a disk does.
 * @param isFull says of a text whether there is no room for it
 */
export async function withFullDisk<T>(isFull: (text: string) => boolean, work: () => Promise<T>): Promise<T> {
  const some = await open(__filename);
  await some.close();
  const handles = Object.getPrototypeOf(some) as Appending;
  const { appendFile } = handles;
  handles.appendFile = async function (text) {
    if (!isFull(text)) return appendFile.call(this, text);
    await appendFile.call(this, text.slice(0, text.length / 2));
    throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
  };
  try {
    return await work();
  } finally {
    handles.appendFile = appendFile;
  }
}
