/** The caller's side of a webhook, as plain as fetch. */

/** What came back. */
export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed body; undefined when there is none. */
  json: unknown;
  /** Milliseconds until the answer was whole. */
  ms: number;
}

/** Sends a request; a body that is not text becomes JSON. */
export async function send(
  url: string,
  body?: unknown,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Reply> {
  const start = performance.now();
  const answer = await fetch(url, {
    method: options.method ?? "POST",
    headers: { "Content-Type": "application/json", ...options.headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  let json: unknown;
  try {
    json = text === "" ? undefined : (JSON.parse(text) as unknown);
  } catch {
    json = undefined;
  }
  return { status: answer.status, headers: answer.headers, text, json, ms: performance.now() - start };
}
