/** How every server of the simulators listens: on loopback, on a given or a free port. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * @param port 0 or absent: a free port
 * @returns the port
 * @throws the server's own error, such as EADDRINUSE
 */
export function listen(server: Server, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
