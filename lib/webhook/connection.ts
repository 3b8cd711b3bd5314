/** The connection of a caller between two requests. */
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Milliseconds that a connection stays open between two requests. Node's server ends it after 6 s, without looking whether the
 * next request is there already: after a flow that computed for so long, its caller would get no answer.
 */
const IDLE_MS = 75_000;

/**
 * Keeps the connection of a request open for the next one, for 75 s, unless its answer closes it.
 * @param response the answer, not yet sent
 */
export function keepConnection(request: IncomingMessage, response: ServerResponse): void {
  // The server sets its own limit when the answer has been sent, before this.
  response.once("finish", () => request.socket.setTimeout(IDLE_MS));
}
