/** The steady clock of the process under a test, which sets the clock of the machine to any time. */
import { STEADY, SteadyClock } from "../../lib/core/clock.js";

/** It begins anew: its times are those of the clock of the machine, fake or not. */
export function resetSteady(): void {
  Object.assign(STEADY, new SteadyClock());
}
