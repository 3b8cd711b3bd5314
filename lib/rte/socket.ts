/**
 * The two doors to the network that SignalR is given instead of its own.
 *
 * Its own http client requires whatever `tough-cookie` another pack hoisted and then cannot negotiate; and it hides the
 * status of a refusal. Its own socket waits for ever for an answer to the upgrade, and lingers after the end.
 */
import type { HttpRequest, ITransport } from "@microsoft/signalr";
import { WebSocket } from "ws";
import { ContactCenterError } from "./errors.js";
import { createRestClient, networkError, statusError } from "../http/rest.js";

/** What both doors need to know, and where they leave what they saw. */
export interface Doors {
  token: string;
  /** Ends everything at once. */
  signal: AbortSignal;
  /** Milliseconds for negotiate. */
  negotiateMs: number;
  /** Milliseconds for the upgrade. */
  handshakeMs: number;
  /** The real reason of a failure; SignalR's own error is a sentence only. */
  fault?: ContactCenterError;
}

/** Milliseconds in which the other side may answer a close before the socket is cut. */
const FAREWELL_MS = 500;
const CONNECT = { vendor: "enreach", operation: "connect" } as const;

/** Sends one of SignalR's requests over the pack's own REST client. */
export async function sendHttp(doors: Doors, request: HttpRequest): Promise<{ statusCode: number; content: string }> {
  const url = new URL(request.url ?? "");
  const client = createRestClient({
    vendor: "enreach",
    baseUrl: url.origin,
    secrets: () => [doors.token],
    timeoutMs: doors.negotiateMs,
  });
  try {
    const answer = await client.request({
      operation: "negotiate",
      method: request.method === "DELETE" ? "DELETE" : "POST",
      path: url.pathname + url.search,
      headers: request.headers ?? {},
      signal: doors.signal,
    });
    return { statusCode: answer.status, content: JSON.stringify(answer.body ?? {}) };
  } catch (error) {
    if (error instanceof ContactCenterError) doors.fault = error;
    throw error;
  } finally {
    client.close();
  }
}

/** SignalR's transport over one WebSocket. */
export class SocketTransport implements ITransport {
  onreceive: ((data: string | ArrayBuffer) => void) | null = null;
  onclose: ((error?: unknown) => void) | null = null;
  private socket: WebSocket | undefined;

  constructor(private readonly doors: Doors) {}

  /** Opens the socket; the token travels in a header, so that no address with a token can reach a log. */
  connect(url: string): Promise<void> {
    const { doors } = this;
    const socket = new WebSocket(url.replace(/^http/i, "ws"), {
      headers: { Authorization: `Bearer ${doors.token}` },
      handshakeTimeout: doors.handshakeMs,
      perMessageDeflate: false,
      skipUTF8Validation: true,
    });
    const cut = (): void => socket.terminate();
    doors.signal.addEventListener("abort", cut, { once: true });
    return new Promise((resolve, reject) => {
      socket.once("open", () => {
        this.socket = socket;
        resolve();
      });
      socket.once("unexpected-response", (_request, response) => {
        const status = response.statusCode ?? 0;
        doors.fault = statusError({ ...CONNECT, status }, status);
        response.resume();
        cut();
      });
      socket.on("error", (error: Error & { code?: string }) => {
        const code = error.message.includes("handshake has timed out") ? "ETIMEDOUT" : (error.code ?? "ENETWORK");
        doors.fault ??= networkError(CONNECT, code, url, doors.handshakeMs);
        reject(error);
      });
      socket.on("message", (data) => {
        if (this.socket !== socket) return;
        this.breathe(socket);
        try {
          this.onreceive?.((data as Buffer).toString("utf8"));
        } catch {
          // A frame that is no SignalR: what follows it cannot be trusted either.
          void this.stop();
        }
      });
      socket.once("close", () => {
        doors.signal.removeEventListener("abort", cut);
        this.leave();
      });
    });
  }

  /**
   * Lets the flow work off what came before more is read. Otherwise a burst of two megabytes becomes messages at once, which
   * wait in memory, outlive the young generation and keep every other flow waiting.
   */
  private breathe(socket: WebSocket): void {
    if (socket.isPaused) return;
    socket.pause();
    setImmediate(() => socket.resume());
  }

  /** Sends one frame. */
  send(data: string | ArrayBuffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.socket === undefined) reject(new Error("not connected"));
      else this.socket.send(data, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Closes; a peer that does not answer does not keep the socket. Resolves when the socket is gone. */
  stop(): Promise<void> {
    const { socket } = this;
    this.leave();
    if (socket === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const cut = setTimeout(() => socket.terminate(), FAREWELL_MS);
      socket.once("close", () => {
        clearTimeout(cut);
        resolve();
      });
      socket.close();
    });
  }

  /** Tells SignalR once, and only of a socket that was open: a failure to open is the rejection of `connect`. */
  private leave(): void {
    if (this.socket === undefined) return;
    this.socket = undefined;
    this.onclose?.();
  }
}
