/** Pressing a button of a stand, as the console page does. */
import type { Stand } from "../../simulators/stand.js";

/** @returns what the action returns; an unknown action fails the test */
export function press(stand: Stand, action: string, input: Record<string, unknown> = {}): unknown {
  const run = stand.actions[action];
  if (run === undefined) throw new Error(`${stand.name} has no action ${action}`);
  return run(input);
}
