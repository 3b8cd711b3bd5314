/** What a run of scenarios prints: a line for each, and JUnit's XML for a CI server. Pure. */
import type { Result } from "./model.js";

/** The line of a scenario, and what was not as expected below it. */
export function resultLines({ name, ms, faults }: Result): string[] {
  return [
    `${faults.length === 0 ? "  ok  " : "FAILED"}  ${name} (${ms} ms)`,
    ...faults.map((fault) => `          ${fault}`),
  ];
}

/** The last line. */
export function summary(results: readonly Result[], ms: number): string {
  const failed = results.filter(({ faults }) => faults.length > 0).length;
  return `${results.length} scenario${results.length === 1 ? "" : "s"}, ${failed} failed, ${(ms / 1000).toFixed(1)} s`;
}

/** The report that GitLab, Jenkins and others read: a suite for each file. */
export function junit(results: readonly Result[]): string {
  const suites = [...new Set(results.map(({ file }) => file))].map((file) => {
    const own = results.filter((result) => result.file === file);
    const failures = own.filter(({ faults }) => faults.length > 0).length;
    const cases = own.map(({ name, ms, faults }) => {
      const failure =
        faults.length === 0 ? "" : `<failure message="${xml(faults[0] ?? "")}">${xml(faults.join("\n"))}</failure>`;
      return `    <testcase classname="${xml(file)}" name="${xml(name)}" time="${ms / 1000}">${failure}</testcase>\n`;
    });
    return `  <testsuite name="${xml(file)}" tests="${own.length}" failures="${failures}">\n${cases.join("")}  </testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join("")}</testsuites>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Control characters are not allowed in XML, however they are written. */
const CONTROL = /(?![\t\n\r])\p{Cc}/gu;

function xml(text: string): string {
  return text.replace(CONTROL, "?").replace(/[&<>"]/g, (each) => ENTITIES[each] ?? "");
}
