/** What the console's server tells its page once: plain data, shared by both. */
import type { SimulatorName } from "../../simulator.js";

/** An address that the head of the page offers. */
export interface ConsoleLink {
  label: string;
  url: string;
}

/** Which simulators run, and where else to go. */
export interface About {
  simulators: readonly SimulatorName[];
  links: readonly ConsoleLink[];
}
