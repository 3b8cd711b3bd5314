/**
 * Keeps the process from reaching anything but what the test itself started, whichever node or package asks, and from being
 * reached: a Node-RED that works on the same machine keeps its ports.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { Socket as UdpSocket } from "node:dgram";
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import { isIP, Server, Socket } from "node:net";

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Methods = Record<string, Method>;

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/i;
/** What asks a server of names. */
const ASKS_NAMES = /^(?:lookup|resolve|reverse)/;

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
  const replaced: [object: Methods, name: string, method: Method][] = [];
  const replace = (object: object, name: string, make: (method: Method) => Method): void => {
    const methods = object as Methods;
    const method = methods[name] as Method;
    replaced.push([methods, name, method]);
    methods[name] = make(method);
  };
  replace(Socket.prototype, "connect", (connect) => {
    return function (this: unknown, ...args) {
      const { host, port, path } = targetOf(args);
      if (path === undefined && LOOPBACK.test(host) && ports.has(port)) return connect.apply(this, args);
      const error = blocked(path ?? `${host}:${port}`);
      process.nextTick(() => (this as Socket).destroy(error));
      return this;
    };
  });
  replace(Server.prototype, "listen", (listen) => {
    return function (this: unknown, ...args) {
      return listen.call(this, { host: "127.0.0.1", port: 0 }, ...callbackOf(args));
    };
  });
  for (const names of [dns, dns.Resolver.prototype])
    for (const name of questionsOf(names))
      replace(names, name, (ask) => {
        return function (this: unknown, ...args) {
          if (name === "lookup" && isOwn(args[0])) return ask.apply(this, args);
          return answerLater(args, blocked(String(args[0])));
        };
      });
  for (const names of [dns.promises, dns.promises.Resolver.prototype])
    for (const name of questionsOf(names))
      replace(names, name, (ask) => {
        return function (this: unknown, ...args) {
          return name === "lookup" && isOwn(args[0]) ? ask.apply(this, args) : Promise.reject(blocked(String(args[0])));
        };
      });
  replace(UdpSocket.prototype, "bind", (bind) => {
    return function (this: unknown, ...args) {
      const address = (this as { type: string }).type === "udp6" ? "::1" : "127.0.0.1";
      return bind.call(this, { address, port: 0 }, ...callbackOf(args));
    };
  });
  // A datagram may say where it goes, or its socket may have said so before.
  for (const name of ["send", "connect"])
    replace(UdpSocket.prototype, name, (send) => {
      return function (this: unknown, ...args) {
        const host = args.slice(1).find((each): each is string => typeof each === "string" && !LOOPBACK.test(each));
        return host === undefined ? send.apply(this, args) : answerLater(args, blocked(`${host} (UDP)`));
      };
    });
  syncBuiltinESMExports();
  return {
    ports,
    worker,
    close() {
      for (const [object, name, method] of replaced.splice(0)) object[name] = method;
      syncBuiltinESMExports();
    },
  };
}

/** What is looked up without a server of names. */
function isOwn(name: unknown): boolean {
  return typeof name === "string" && (LOOPBACK.test(name) || isIP(name) !== 0);
}

function questionsOf(names: object): string[] {
  return Object.getOwnPropertyNames(names).filter(
    (name) => ASKS_NAMES.test(name) && typeof (names as Methods)[name] === "function",
  );
}

/** The last argument, where it is a function. */
function callbackOf(args: readonly unknown[]): Method[] {
  const last = args.at(-1);
  return typeof last === "function" ? [last as Method] : [];
}

/** Calls the last argument, where it is a function, as Node does: never before what called returns. */
function answerLater(args: readonly unknown[], error: Error): void {
  for (const callback of callbackOf(args)) process.nextTick(callback, error);
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
