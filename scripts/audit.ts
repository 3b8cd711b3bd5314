/**
 * `npm run audit`: asks the registry about known vulnerabilities of what is installed with this pack, and tells a registry that
 * gives no answer from one that knows of none: only an answer without any counts as passed.
 */
import { spawnSync } from "node:child_process";

const { stdout, stderr } = spawnSync("npm", ["audit", "--omit=dev", "--audit-level=moderate", "--json"], {
  encoding: "utf8",
});

/** The counts by severity; undefined where npm reported something else. */
function countsOf(report: string): Record<string, number> | undefined {
  try {
    const { metadata } = JSON.parse(report) as { metadata?: { vulnerabilities?: Record<string, number> } };
    return metadata?.vulnerabilities;
  } catch {
    return undefined;
  }
}

const counts = countsOf(stdout);
if (counts === undefined) {
  console.error(stderr.trim());
  console.error(
    "\nNOT ANSWERED: the registry gave no audit report, so nothing is known about vulnerabilities.\n" +
      "Ask one that has the audit endpoint: npm run audit --registry=https://registry.npmjs.org",
  );
  process.exitCode = 2;
} else {
  const found = ["moderate", "high", "critical"].reduce((sum, severity) => sum + (counts[severity] ?? 0), 0);
  console.log(found === 0 ? "No known vulnerability of moderate severity or above." : stdout);
  process.exitCode = found === 0 ? 0 : 1;
}
