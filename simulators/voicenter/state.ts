/** What the Voicenter simulator shows and takes: plain data, shared with its panel. */
import type { Conversation } from "../caller/conversation.js";

/** What a layer without a webhook does with the call (vendor document, "Setting Up Layers"). */
export const ENDINGS = ["queue", "call", "layer", "hangup"] as const;
/** One of {@link ENDINGS}. */
export type Ending = (typeof ENDINGS)[number];

/** One layer of an IVR, with the settings' names of the vendor's Cpanel in brackets. */
export interface Layer {
  id: number;
  name: string;
  /** What the caller hears on entering; blank = nothing. */
  announcement: string;
  /** Webhook that is asked (`MiniExternalUrl`); blank = a plain layer. */
  url: string;
  /** Most digits that are awaited (`MiniExternalDTMFLen`); 0 = no input expected. */
  digits: number;
  /** Seconds to wait for digits after the announcement (`Delay`), 1 to 9. */
  delay: number;
  /** Layer when the webhook fails or is late (`MiniExternalDefaultMethodData`); absent = the call is lost. */
  fallback?: number;
  /** For a plain layer. */
  ending: Ending;
  /** Name of the queue, extension to call, or id of the next layer. */
  target: string;
}

/** An IVR behind a number. */
export interface Ivr {
  /** The number that callers dial. */
  did: string;
  name: string;
  /** Layer that a call starts in. */
  start: number;
  layers: readonly Layer[];
  /** A call stays in a layer that is not listed; otherwise it is lost there. */
  rests?: boolean;
}

/** What the call waits for. Times are ISO 8601. */
export type Phase =
  | { kind: "announcing" | "saying" | "asking" }
  | { kind: "listening"; typed: string; digits: number; until: string }
  | { kind: "dialing"; targets: readonly { type: string; target: string }[]; until: string }
  | { kind: "talking"; target: string; until: string }
  | { kind: "queue" | "ended" };

/** A call in an IVR. */
export interface IvrConversation extends Conversation {
  phase: Phase;
}

/** What the panel shows. */
export interface VoicenterState {
  ivrs: readonly Ivr[];
  calls: readonly IvrConversation[];
  /** Milliseconds that the platform waits for an answer. */
  timeoutMs: number;
}

/** What the phone dials: the input of the action `ring`. */
export interface RingInput {
  did: string;
  /** Caller number, often in national form. */
  from?: string;
  /** The browser speaks: announcements take the time that speaking takes. */
  voice?: boolean;
  /** `DATA` is JSON text and layer ids are integers, as the document's type column has it; its samples differ. */
  documentTypes?: boolean;
  /** Sends `CUSTOM_DATA` of earlier answers back in later requests, which the platform may do. */
  returnCustomData?: boolean;
}
