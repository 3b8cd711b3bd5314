/** A vendor's simulator, as the console page and the start command see it. */

/** Names of the vendors in folders, addresses and the console. */
export const SIMULATOR_NAMES = ["smartrouting", "voicenter", "rte", "cti", "webitel"] as const;
/** One of {@link SIMULATOR_NAMES}. */
export type SimulatorName = (typeof SIMULATOR_NAMES)[number];

/** What people read: on the tabs of console and editor, and before a printed address. */
export const SIMULATOR_LABELS: Readonly<Record<SimulatorName, string>> = {
  smartrouting: "SmartRouting",
  voicenter: "Voicenter",
  rte: "Enreach RTE",
  cti: "CTI Broker",
  webitel: "Webitel",
};

/** What every simulator offers. It listens on 127.0.0.1 only. */
export interface Simulator {
  readonly name: SimulatorName;
  /** Where the vendor's API answers; undefined for a vendor that only calls us. */
  readonly url?: string;
  /** What the console panel shows: plain data, a new object at each call. */
  state(): unknown;
  /** Calls the listener after each change of the state; returns how to stop. */
  onChange(listener: () => void): () => void;
  /** The buttons of the panel: plain data in, plain data out. What they throw is shown on the page. */
  readonly actions: Readonly<Record<string, (input: Record<string, unknown>) => unknown>>;
  /** Ends every socket and timer. */
  close(): Promise<void>;
}
