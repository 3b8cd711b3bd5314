/** What the console's server tells its page once: plain data, shared by both. */
import type { SimulatorName } from "../../simulator.js";

/** An address that the head of the page offers. */
export interface ConsoleLink {
  label: string;
  url: string;
}

/** What a connection's form asks for, as pairs of the form's label and what to enter. */
export type Connect = readonly (readonly [label: string, value: string])[];

/** Which simulators run, how a flow reaches them, and where else to go. */
export interface About {
  simulators: readonly SimulatorName[];
  links: readonly ConsoleLink[];
  connect: Readonly<Partial<Record<SimulatorName, Connect>>>;
}
