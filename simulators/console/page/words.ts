/** What the frame of the page says. */
import type { StandName } from "../../stand.js";

/** Tabs: what one does there, and with whom. */
export const TABS: Readonly<Record<StandName, { label: string; hint: string }>> = {
  smartrouting: { label: "SmartRouting", hint: "Ring a flow as Enreach does and see where the call goes." },
  voicenter: { label: "Voicenter", hint: "Walk through an IVR whose layers ask a flow what comes next." },
  rte: { label: "Enreach RTE", hint: "A real-time hub that sends the events you choose." },
  cti: { label: "CTI Broker", hint: "An Anywhere365 broker: agents, calls and their events." },
  webitel: { label: "Webitel", hint: "Queues that fill, calls, agents, and its webhooks." },
};

/** Sentences of the frame. */
export const WORDS = {
  title: "Contact center simulator",
  connected: "connected",
  disconnected: "simulator gone",
  noStand: "The simulator runs without this vendor's stand-in.",
} as const;
