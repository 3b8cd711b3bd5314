/** What the console's server tells its page once: plain data, shared by both. */
import type { StandName } from "../../stand.js";

/** An address that the head of the page offers. */
export interface ConsoleLink {
  label: string;
  url: string;
}

/** Which stands run, and where else to go. */
export interface About {
  stands: readonly StandName[];
  links: readonly ConsoleLink[];
}
