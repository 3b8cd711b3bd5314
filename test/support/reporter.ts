/** Mocha's own spec output, and a closing line that any reader of a log can count by. */
import { reporters, type MochaOptions, type Runner } from "mocha";

export default class CountingReporter extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    runner.once("end", () => {
      const { passes, failures, pending } = this.stats;
      // After the epilogue, which the base class prints on the same event.
      setImmediate(() =>
        console.log(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ""}`),
      );
    });
  }
}
