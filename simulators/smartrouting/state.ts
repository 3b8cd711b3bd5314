/** What the SmartRouting simulator shows and takes: plain data, shared with its panel. */
import type { Conversation, Endpoint } from "../caller/conversation.js";

/** A queue or an agent that the platform knows: what targets point at. */
export interface Member {
  kind: "queue" | "agent";
  name: string;
  number: string;
  guid: string;
  /** User name of an agent. */
  email?: string;
}

/** What the panel shows. */
export interface SmartRoutingState {
  endpoints: readonly Endpoint[];
  directory: readonly Member[];
  calls: readonly Conversation[];
  /** Address of the Node-RED that is rung, without a slash at its end: what an address begins with. */
  nodeRedUrl: string;
  /** Milliseconds that the platform waits for an answer. */
  timeoutMs: number;
}

/** How the platform proves itself to the webhook (vendor guide, "SmartRouting Request"). */
export const AUTHS = ["none", "apikey", "basic"] as const;
/** One of {@link AUTHS}. */
type Auth = (typeof AUTHS)[number];

/** What the phone dials: the input of the action `ring`. */
export interface RingInput {
  url: string;
  auth?: Auth;
  /** For `apikey`. */
  apiKey?: string;
  /** For `basic`. */
  username?: string;
  password?: string;
  /** Caller number; blank when withheld. */
  from?: string;
  /** Called number. */
  to?: string;
  /** The symbolic tag, `targetid`; blank when none is configured. */
  tag?: string;
  /** Sends `extradata`; default true. */
  extraData?: boolean;
  internal?: boolean;
  /** `DYN_PAR_<name>` parameters. */
  parameters?: Readonly<Record<string, string>>;
  /** More extra data, by the platform's names: it wins over what the phone makes. */
  extra?: Readonly<Record<string, unknown>>;
}
