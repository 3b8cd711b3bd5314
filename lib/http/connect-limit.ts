/** Connections that have to be made in time. */
import type * as http from "node:http";

/** A connection was not made in time: of the request that waited for it, nothing was sent. */
export class ConnectTimeout extends Error {
  readonly code = "ETIMEDOUT";

  /** @param limitMs how long was waited, milliseconds */
  constructor(readonly limitMs: number) {
    super("no connection in time");
  }
}

/**
 * Ends connections of an agent with {@link ConnectTimeout} that are not made within the limit.
 * @param made the event of a socket that is connected
 * @param limitMs milliseconds
 */
export function limitConnect(agent: http.Agent, made: "connect" | "secureConnect", limitMs: number): void {
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (...parameters) => {
    const socket = create(...parameters);
    if (!socket) return socket;
    const timer = setTimeout(() => void socket.destroy(new ConnectTimeout(limitMs)), limitMs);
    const clear = (): void => clearTimeout(timer);
    socket.once(made, clear).once("close", clear);
    return socket;
  };
}
