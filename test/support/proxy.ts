/** A forward proxy for tests: it takes CONNECT only, and finds every host on loopback. */
import { createServer } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

/** A running proxy. */
export interface TestProxy {
  /** Its address, with the credentials that it asks for. */
  url: string;
  /** `host:port` of each CONNECT, refused ones included. */
  readonly asked: string[];
  /** While false, tunnels are refused and open ones are broken. */
  setUp(up: boolean): void;
  /** What becomes of each CONNECT: it is refused with a status, or not answered at all. */
  setFault(fault: number | "close" | "hang" | undefined): void;
  /** The status of every request that is no CONNECT; 405 by default. */
  setPlainStatus(status: number): void;
  /** Sockets that are open, both sides of each tunnel counted. */
  held(): number;
  close(): Promise<void>;
}

/**
 * Starts a proxy on a free port.
 * @param credentials `user:password` that it asks for; none where undefined
 */
export function startProxy(credentials?: string): Promise<TestProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let isUp = true;
  let plainStatus = 405;
  let fault: number | "close" | "hang" | undefined;
  const expected = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`;
  const server = createServer((_request, response) => response.writeHead(plainStatus).end());
  server.on("connect", (request, socket: Socket) => {
    asked.push(request.url ?? "");
    socket.on("error", () => undefined);
    if (fault === "hang") {
      sockets.add(socket.once("close", () => sockets.delete(socket)));
      socket.resume().once("end", () => socket.destroy());
      return;
    }
    if (fault === "close") {
      socket.destroy();
      return;
    }
    const status = fault ?? (!isUp ? 502 : request.headers["proxy-authorization"] === expected ? 200 : 407);
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const target = connect(Number(request.url?.split(":").at(-1)), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connected\r\n\r\n");
      target.pipe(socket).pipe(target);
    });
    for (const [one, other] of [
      [socket, target],
      [target, socket],
    ] as const) {
      sockets.add(one);
      one
        .on("error", () => undefined)
        .once("close", () => {
          sockets.delete(one);
          other.destroy();
        });
    }
  });
  const drop = (): void => sockets.forEach((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        url: `http://${credentials === undefined ? "" : `${credentials}@`}127.0.0.1:${port}`,
        asked,
        setUp(up) {
          isUp = up;
          if (!up) drop();
        },
        setFault: (next) => void (fault = next),
        setPlainStatus: (status) => void (plainStatus = status),
        held: () => sockets.size,
        close: () =>
          new Promise((done) => {
            drop();
            server.close(() => done());
          }),
      });
    });
  });
}
