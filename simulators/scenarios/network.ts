/** Keeps the process from reaching anything but what the test itself started, whichever node or package asks. */
import { AsyncLocalStorage } from "node:async_hooks";
import { Socket as UdpSocket } from "node:dgram";
import dns from "node:dns";
import { Socket } from "node:net";

/** What connects. */
type Connect = (this: Socket, ...args: unknown[]) => Socket;

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/i;

/** What is let through, and what was not. */
export interface Fence {
  /** Ports on loopback that the test started. */
  readonly ports: Set<number>;
  /** The node that works now, in words: what it asks is its fault. */
  readonly worker: AsyncLocalStorage<string>;
  /** Takes the fence down. */
  close(): void;
}

/** Puts a fence around the process. @param onBlocked told what was asked for, and by which node as far as that is known */
export function raiseFence(onBlocked: (target: string, node: string | undefined) => void): Fence {
  const ports = new Set<number>();
  const worker = new AsyncLocalStorage<string>();
  const blocked = (target: string): Error => {
    onBlocked(target, worker.getStore());
    return Object.assign(new Error(`connect ECONNREFUSED ${target}: a test lets nothing leave this machine`), {
      code: "ECONNREFUSED",
    });
  };
  const { prototype } = Socket as unknown as { prototype: { connect: Connect } };
  const { connect } = prototype;
  prototype.connect = function (...args) {
    const { host, port, path } = targetOf(args);
    if (path === undefined && LOOPBACK.test(host) && ports.has(port)) return connect.apply(this, args);
    const error = blocked(path ?? `${host}:${port}`);
    process.nextTick(() => this.destroy(error));
    return this;
  };
  const { lookup } = dns;
  dns.lookup = ((name: string, ...rest: unknown[]) => {
    if (LOOPBACK.test(name)) return (lookup as (...all: unknown[]) => void)(name, ...rest);
    const error = blocked(name);
    const callback = rest.at(-1);
    if (typeof callback === "function") process.nextTick(() => callback(error));
  }) as typeof dns.lookup;
  const udp = UdpSocket.prototype as unknown as { send: (...args: unknown[]) => void };
  const { send } = udp;
  udp.send = function (this: UdpSocket, ...args) {
    const host = args.slice(1).find((each): each is string => typeof each === "string" && !LOOPBACK.test(each));
    if (host === undefined) return send.apply(this, args);
    const error = blocked(`${host} (UDP)`);
    const callback = args.at(-1);
    if (typeof callback === "function") process.nextTick(() => callback(error));
  };
  return {
    ports,
    worker,
    close() {
      prototype.connect = connect;
      dns.lookup = lookup;
      udp.send = send;
    },
  };
}

/** Node's forms of connecting: a port and a host, a path, options, or a list of these that was put in order before. */
function targetOf(args: readonly unknown[]): { host: string; port: number; path?: string } {
  const [first, second] = (Array.isArray(args[0]) ? args[0] : args) as unknown[];
  const asked =
    first !== null && typeof first === "object"
      ? (first as { host?: string; port?: number | string; path?: string })
      : typeof first === "string" && Number.isNaN(Number(first))
        ? { path: first }
        : { port: first as number, ...(typeof second === "string" && { host: second }) };
  const { host = "localhost", port = 0, path } = asked;
  return { host, port: Number(port), ...(typeof path === "string" && { path }) };
}
