/** Reading the body of a request or an answer, bounded. */

/** The body was longer than the limit. */
export class TooLarge extends Error {
  override readonly name = "TooLarge";
}

/**
 * @param stream an incoming message of node's http
 * @param limit bytes
 * @returns the whole body as UTF-8 text
 * @throws TooLarge as soon as the limit is passed
 */
export async function readBody(stream: AsyncIterable<unknown>, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > limit) throw new TooLarge(`The body is longer than ${limit} bytes.`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}
