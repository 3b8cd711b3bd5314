/** Pressing a button of a simulator, as the console page does. */
import type { Simulator } from "../../simulators/simulator.js";

/** @returns what the action returns; an unknown action fails the test */
export function runAction(simulator: Simulator, action: string, input: Record<string, unknown> = {}): unknown {
  const run = simulator.actions[action];
  if (run === undefined) throw new Error(`${simulator.name} has no action ${action}`);
  return run(input);
}
