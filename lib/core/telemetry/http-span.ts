/** What an HTTP instrumentation exports of the addresses of webhooks. */
import { openTelemetry } from "./api.js";

/** Attributes that have the path, the query or both: of today's conventions, and of earlier ones. */
const ADDRESSES: Record<string, (path: string) => string> = {
  "url.path": (path) => path,
  "url.query": () => "",
  "url.full": (path) => path,
  "http.target": (path) => path,
  "http.url": (path) => path,
};

/**
 * Takes what may be a secret or a caller's number out of the active span, which an HTTP instrumentation has begun for the
 * request: all but the claimed path.
 * @param path without the secret
 */
export function hideAddress(path: string): void {
  const api = openTelemetry();
  const span = api?.trace.getActiveSpan();
  if (!span?.isRecording()) return;
  const { attributes = {} } = span as { attributes?: Record<string, unknown> };
  for (const [name, shown] of Object.entries(ADDRESSES)) if (name in attributes) span.setAttribute(name, shown(path));
}
