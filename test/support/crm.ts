/** A CRM that flows ask for a caller's queue. */
import { startServer, type TestServer } from "./server.js";

/** Starts one. What was asked is in `heard`. */
export function startCrm(): Promise<TestServer> {
  return startServer((_, response) =>
    response.setHeader("Content-Type", "application/json").end('{"queue":"+358942000200"}'),
  );
}
