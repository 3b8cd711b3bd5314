/** A vendor's stand-in, as the console page and the start command see it. */

/** Names of the vendors in folders, addresses and the console. */
export const STAND_NAMES = ["smartrouting", "voicenter", "rte", "cti", "webitel"] as const;
/** One of {@link STAND_NAMES}. */
export type StandName = (typeof STAND_NAMES)[number];

/** What people read: on the tabs of console and editor, and before a printed address. */
export const STAND_LABELS: Readonly<Record<StandName, string>> = {
  smartrouting: "SmartRouting",
  voicenter: "Voicenter",
  rte: "Enreach RTE",
  cti: "CTI Broker",
  webitel: "Webitel",
};

/** What every stand-in offers. It listens on 127.0.0.1 only. */
export interface Stand {
  readonly name: StandName;
  /** Where the vendor's API answers; undefined for a vendor that only calls us. */
  readonly url?: string;
  /** What the console panel shows: plain data, made anew at each call. */
  state(): unknown;
  /** Calls the listener after each change of the state; returns how to stop. */
  onChange(listener: () => void): () => void;
  /** The buttons of the panel: plain data in, plain data out. What they throw is shown on the page. */
  readonly actions: Readonly<Record<string, (input: Record<string, unknown>) => unknown>>;
  /** Ends every socket and timer. */
  close(): Promise<void>;
}
