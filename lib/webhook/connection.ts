/** The connection of a caller between two requests. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { discardBody, isOnTheWay } from "./body.js";

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

/**
 * Ends an answer whose head is written. Where the connection is closed behind it while the request's body is still on its way,
 * closing it at once would break the sender off before it has read the answer: then all of the answer is sent, and it ends with
 * the body, or with what {@link discardBody} allows.
 * @param text the answer's body
 */
export function endAnswer(request: IncomingMessage, response: ServerResponse, text?: string): void {
  if (response.shouldKeepAlive || !isOnTheWay(request)) {
    response.end(text);
    return;
  }
  if (text === undefined) response.flushHeaders();
  else response.write(text);
  const end = (): void => void response.end();
  request.once("end", end).once("close", end);
  discardBody(request);
}
