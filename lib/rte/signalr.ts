/**
 * What the SignalR library is given: the http client and the protocol. Import it with `await import`, so that a palette
 * without a connection does not load the library.
 */
import {
  HttpClient,
  type HttpRequest,
  type HttpResponse,
  type HubConnection,
  HubConnectionBuilder,
  type HubMessage,
  type ILogger,
  JsonHubProtocol,
  MessageType,
} from "@microsoft/signalr";
import { MAX_TIMER_MS } from "../core/values.js";
import { sendHttp, type SocketTransport, type TransportContext } from "./socket.js";

/** What a connection does with what the hub sends. */
export interface Frames {
  /** Called for each frame before it is parsed. */
  onFrame: () => void;
  /** A frame is no SignalR, which ends the connection. */
  onDamaged: () => void;
  onInvocation: (target: string, args: readonly unknown[]) => void;
  /** The hub ends the connection; with its error text where it gives one. */
  onCloseMessage: (error: string | undefined) => void;
}

class SignalRHttpClient extends HttpClient {
  constructor(
    private readonly context: TransportContext,
    private readonly onAnswer: () => void,
  ) {
    super();
  }

  override async send(request: HttpRequest): Promise<HttpResponse> {
    const answer = await sendHttp(this.context, request);
    this.onAnswer();
    return answer;
  }
}

/** Events leave here and not through `connection.on`, which makes two promises for each. */
class EventProtocol extends JsonHubProtocol {
  constructor(private readonly frames: Frames) {
    super();
  }

  override parseMessages(input: string, logger: ILogger): HubMessage[] {
    this.frames.onFrame();
    const rest: HubMessage[] = [];
    for (const message of this.parse(input, logger)) {
      if (message.type === MessageType.Invocation) this.frames.onInvocation(message.target, message.arguments);
      else {
        if (message.type === MessageType.Close) this.frames.onCloseMessage(message.error);
        rest.push(message);
      }
    }
    return rest;
  }

  private parse(input: string, logger: ILogger): HubMessage[] {
    try {
      return super.parseMessages(input, logger);
    } catch (error) {
      this.frames.onDamaged();
      throw error;
    }
  }
}

/**
 * Prepares a connection; the caller starts it.
 * @param onNegotiated called after each answer to negotiate
 */
export function buildConnection(
  context: TransportContext,
  transport: SocketTransport,
  frames: Frames,
  onNegotiated: () => void,
): HubConnection {
  return (
    new HubConnectionBuilder()
      .withUrl(context.url, {
        transport,
        accessTokenFactory: () => context.token,
        httpClient: new SignalRHttpClient(context, onNegotiated),
      })
      .withHubProtocol(new EventProtocol(frames))
      .configureLogging({ log: () => undefined })
      // The hub's silence is judged elsewhere: the library takes a flow that is behind for one.
      .withServerTimeout(MAX_TIMER_MS)
      .build()
  );
}
