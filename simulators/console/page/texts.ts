/** What the frame of the page says. */
import type { SimulatorName } from "../../simulator.js";

/** What one does on a tab. */
export const HINTS: Readonly<Record<SimulatorName, string>> = {
  smartrouting: "Ring a flow as Enreach does and see where the call goes.",
  voicenter: "Walk through an IVR whose layers ask a flow what comes next.",
  rte: "A real-time hub that sends the events you choose, or those of a whole day.",
  cti: "An Anywhere365 broker: agents, calls and their events.",
  webitel: "Queues that fill, calls, agents, and its webhooks.",
};

/** Sentences of the frame. */
export const WORDS = {
  connected: "connected",
  disconnected: "simulator gone",
  connect: "Connect a flow",
} as const;

/** The phone. */
export const PHONE = {
  title: "Phone",
  keypad: "Keypad",
  ring: "Ring",
  hangUp: "Hang up",
  ready: "Ready",
  unusable: "No usable answer: ",
  from: "Caller number",
  to: "Called number",
  more: "More",
} as const;

/** The conversation between platform and flow. */
export const CONVERSATION = {
  title: "Conversation",
  calls: "Calls",
  empty: "Nothing yet. Ring a flow, and what platform and flow say to each other is shown here.",
  forget: "Forget ended calls",
  noCalls: "No call yet.",
  withheld: "withheld number",
  details: "Request and answer",
  request: "Request",
  answer: "Answer",
  waiting: "waiting for the flow",
  timeout: "no answer in time",
  late: "late answer, ignored:",
} as const;

/** The SmartRouting panel. */
export const SMARTROUTING = {
  flow: "Flow to ring",
  other: "another address …",
  url: "Address of the webhook",
  noAddress: "Give the webhook's full address, such as",
  fromHint: "Blank: the number is withheld.",
  tag: "Tag (targetid)",
  auth: "Authentication",
  auths: { none: "none", apikey: "API key", basic: "user and password" },
  apiKey: "API key (X-Benemen-APIKey)",
  username: "User name",
  password: "Password",
  extraData: "send extradata",
  internal: "internal caller",
  parameters: "Parameters (DYN_PAR_…)",
  parametersHint: "One per line: name=value",
  directory: "Queues and agents",
  columns: ["", "Name", "Number", "User name", "GUID"],
  noMembers: "No queue and no agent.",
} as const;

/** The Voicenter panel. */
export const VOICENTER = {
  ivr: "IVR to ring",
  ivrHint: "Another webhook: Layers, below.",
  speak: "speak the announcements",
  noVoice: "This browser has no voice: announcements are shown only.",
  documentTypes: "DATA as text, layers as integers",
  documentTypesHint: "As the document's type column has it; its samples have an object and text.",
  customData: "send CUSTOM_DATA of earlier answers back",
  customDataHint: "The vendor's own SDK reads it; the document does not say when it comes.",
  phase: {
    announcing: "announcement",
    saying: "announcement",
    asking: "asks the flow",
    listening: "type on the keypad",
    dialing: "",
    talking: "",
    queue: "",
    ended: "",
  },
  answers: "answers",
  nobody: "Nobody answers",
  faulty: "Destination is faulty",
  layers: "Layers",
  edit: "Change the layers",
  save: "Save layers",
  restore: "Back to the examples",
  add: "Add layer",
  remove: "Remove",
  columns: ["Layer", "Name", "Announcement", "Digits", "Delay s", "Webhook", "Fallback", "Without webhook", "Where to"],
  endings: { queue: "queue", call: "extension", layer: "layer", hangup: "hang up" },
  start: "Starts in layer",
  saved: "The layers are saved; the next call walks through them.",
} as const;
