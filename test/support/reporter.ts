/** Mocha's own spec output, the names of what failed once more, and a closing line that any reader of a log can count by. */
import { reporters, type MochaOptions, type Runner } from "mocha";

export default class CountingReporter extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const failed: string[] = [];
    runner.on("fail", (test) => failed.push(test.fullTitle()));
    runner.once("end", () => {
      const { passes, failures, pending } = this.stats;
      // After the epilogue, which the base class prints on the same event.
      setImmediate(() => {
        for (const title of failed) console.log(`failed: ${title}`);
        console.log(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ""}`);
      });
    });
  }
}
