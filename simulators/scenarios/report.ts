/** What a run of scenarios prints: lines for people, JSON for programs, and JUnit's XML for a CI server. Pure. */
import { escaped } from "../../lib/core/escapes.js";
import type { ScenarioFault, ScenarioLine } from "../../lib/recorder/scenario-lines.js";
import type { FlowNode, Result } from "./model.js";
import { isCalled } from "../../lib/recorder/node-names.js";

/** How a run is told, line by line. */
export interface Reporter {
  nodeRed(version: string): string[];
  /** The scenarios of a file begin. */
  file(path: string): string[];
  result(result: Result, flows: readonly FlowNode[]): string[];
  /** @param ms that the run took @param blocked what was asked for outside by no message of a scenario */
  end(results: readonly Result[], ms: number, blocked: readonly string[]): string[];
  /** It could not be run. */
  problem(text: string): string[];
}

/** For people. */
export const TEXT: Reporter = {
  nodeRed: (version) => [`Node-RED ${version}`],
  file: (path) => [path],
  result: resultLines,
  end: (results, ms, blocked) => [
    summary(results, ms),
    ...blocked.map((target) => `Not let out, and asked by no message of a scenario: ${target}`),
  ],
  problem: (text) => [text],
};

/** For programs: {@link ScenarioLine}. */
export const JSON_LINES: Reporter = {
  nodeRed: (nodeRed) => jsonLine({ nodeRed }),
  file: () => [],
  result: ({ file, name, ms, faults, answeredBy }, flows) =>
    jsonLine({ result: { file, name, ms, faults: faults.map((text) => faultOf(text, flows, answeredBy)) } }),
  end: (results, ms, blocked) =>
    jsonLine({ summary: { scenarios: results.length, failed: failedOf(results), ms: Math.round(ms), blocked } }),
  problem: (problem) => jsonLine({ problem }),
};

function jsonLine(line: ScenarioLine): string[] {
  return [JSON.stringify(line)];
}

/** A fault with the first node that it names, or the one that answered. */
function faultOf(text: string, flows: readonly FlowNode[], answeredBy: string | undefined): ScenarioFault {
  const names = [...text.matchAll(/“([^”]+)”/g)].map(([, name = ""]) => name);
  const named = names.flatMap((name) => flows.find((node) => isCalled(node, name)) ?? [])[0]?.id;
  const node = named ?? answeredBy;
  return { text, ...(node !== undefined && { node }) };
}

function failedOf(results: readonly Result[]): number {
  return results.filter(({ faults }) => faults.length > 0).length;
}

/** The line of a scenario, and what was not as expected below it. */
export function resultLines({ name, ms, faults }: Result): string[] {
  return [
    `${faults.length === 0 ? "  ok  " : "FAILED"}  ${printable(name)} (${ms} ms)`,
    ...faults.map((fault) => `          ${printable(fault)}`),
  ];
}

/** Texts of a flow neither colour nor move the terminal. */
const printable = (text: string): string => text.replaceAll(/(?![\t\n])\p{Cc}/gu, escaped);

/** The last line. */
export function summary(results: readonly Result[], ms: number): string {
  return `${results.length} scenario${results.length === 1 ? "" : "s"}, ${failedOf(results)} failed, ${(ms / 1000).toFixed(1)} s`;
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

/** What no XML may have, however it is written (`Char` of XML 1.0), and the other control characters, which some readers refuse. */
const UNWRITABLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|[\u007f-\u009f]/gu;

function xml(text: string): string {
  return text.replace(UNWRITABLE, "?").replace(/[&<>"]/g, (each) => ENTITIES[each] ?? "");
}
