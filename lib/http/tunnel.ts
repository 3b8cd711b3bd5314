/** A tunnel through a forward proxy (CONNECT, RFC 9110, 9.3.6). Import it with `await import`: few need a proxy. */
import type { ClientRequest } from "node:http";
import type { AgentOptions } from "node:https";
import type { Socket } from "node:net";
import { HttpsProxyAgent } from "https-proxy-agent";
import { ProxyFault } from "./proxy-fault.js";

type ConnectOptions = Parameters<HttpsProxyAgent<string>["connect"]>[1];

/** How a tunnel is made. */
export interface TunnelOptions {
  keepAlive?: boolean;
  /** TLS options towards the server behind the proxy. */
  tls?: AgentOptions | undefined;
  /** Milliseconds for the proxy to answer; 8,000 by default: the usual limits of a request would not name the proxy. */
  connectMs?: number | undefined;
}

/** An agent whose sockets go through a proxy. A tunnel that is not made is a {@link ProxyFault}: nothing was sent. */
export class TunnelAgent extends HttpsProxyAgent<string> {
  private readonly connectMs: number;

  constructor(proxy: URL, { keepAlive = false, tls, connectMs = 8000 }: TunnelOptions = {}) {
    super(proxy, { keepAlive });
    // The constructor's own options would count towards an https proxy, and not towards the server.
    Object.assign(this.options, tls);
    this.connectMs = connectMs;
  }

  override async connect(request: ClientRequest, options: ConnectOptions): Promise<Socket> {
    const giveUp = new AbortController();
    const limit = setTimeout(() => giveUp.abort(), this.connectMs);
    let status: number | undefined;
    request.once("proxyConnect", (answer: { statusCode: number }) => (status = answer.statusCode));
    // Read before the first `await` of the library, which gives no other hold of the socket to the proxy.
    this.connectOpts = { ...this.connectOpts, signal: giveUp.signal };
    try {
      const socket = await super.connect(request, options);
      if (status === 200) return socket;
      throw new Error("refused");
    } catch (error) {
      if (status === 200) throw error;
      const code = giveUp.signal.aborted ? "ETIMEDOUT" : ((error as NodeJS.ErrnoException).code ?? "closed");
      throw new ProxyFault(this.proxy, status === undefined ? code : status > 0 ? `HTTP ${status}` : "no HTTP answer");
    } finally {
      clearTimeout(limit);
    }
  }
}
