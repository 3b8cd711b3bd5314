/** A client against a hub that nobody wrote for it, with the habits that hubs, balancers and proxies may have. */
import { createRteClient } from "../../lib/rte/client.js";
import type { ClientOptions, RteClient } from "../../lib/rte/types.js";
import { type HubEndpoint, tokenLogin } from "../../lib/rte/login.js";
import type { Unknown } from "../../lib/rte/unknown.js";
import { type Item, RawHub } from "./raw-hub.js";
import { FAST, RecordingSubscriber } from "./recording-subscriber.js";
import { of } from "./rte.js";

/** The token of the client's own settings. */
export const TOKEN = "the-customers-token";

/** The list that a call brought. */
export const items = (args: unknown[]): Item[] => args[0] as Item[];

/** What a hub method does whose back end is not there. */
export const failing = (): never => {
  throw new Error("An unexpected error occurred invoking 'Subscribe' on the server.");
};

/** The hub of one test, and the client that was opened last. */
export class ForeignHub {
  hub!: RawHub;
  client!: RteClient;
  readonly unknown: Unknown[] = [];

  /** A new hub for each test of the present suite. */
  static forEachTest(): ForeignHub {
    const foreign = new ForeignHub();
    beforeEach(async () => {
      foreign.hub = await RawHub.start();
      foreign.unknown.length = 0;
    });
    afterEach(async () => {
      await foreign.client?.close();
      await foreign.hub.close();
    });
    return foreign;
  }

  /** Opens a client with small times. */
  open(endpoint: Partial<HubEndpoint> = {}, options: Partial<ClientOptions> = {}): RecordingSubscriber {
    this.client = createRteClient({
      login: tokenLogin(() => ({ url: this.hub.url(), token: TOKEN, ...endpoint })),
      onUnknown: (what) => this.unknown.push(what),
      ...FAST,
      ...options,
    });
    this.client.open();
    return new RecordingSubscriber(this.client);
  }

  /** Opens a client, and waits until it is served these events. */
  async subscribed(...events: string[]): Promise<RecordingSubscriber> {
    const recorder = this.open();
    await recorder.setSubscriptions((events.length > 0 ? events : ["QueueStatus"]).map((event) => of(event)));
    await recorder.notice("subscribed");
    return recorder;
  }
}
