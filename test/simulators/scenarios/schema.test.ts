/** Faults of a scenario file, as their author reads them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Schema, schemaFaults } from "../../../simulators/scenarios/schema.js";
import { STEP_KINDS } from "../../../simulators/scenarios/steps.js";

const file = join(resolve(__dirname, "../../.."), "simulators/scenarios/scenario.schema.json");
const SCHEMA = JSON.parse(readFileSync(file, "utf8")) as Schema;

/** A file with one scenario of one step. */
const withStep = (step: object, more: object = {}): object => ({ scenarios: [{ name: "n", steps: [step], ...more }] });
const faults = (value: unknown): string[] => schemaFaults(value, SCHEMA, SCHEMA);

describe("simulators/scenarios/schema", () => {
  it("takes what is right", () => {
    assert.deepEqual(
      faults({ $schema: "x", ...withStep({ ring: {}, expect: { answer: null, hears: ["a", "b"] } }) }),
      [],
    );
    const given = { now: 1, context: { flow: { a: 1 } }, answers: { a: {}, b: [{ message: {}, output: 2 }] } };
    const expect = { messages: { a: [] }, errors: ["x"], vendors: { cti: {} }, context: { global: {} } };
    assert.deepEqual(faults(withStep({ press: "a" }, { given, expect })), []);
  });

  for (const [what, value, fault] of [
    ["no object", [], "the file: expected an object, got []"],
    ["no scenario", { scenarios: [] }, "scenarios: expected 1 at least, got none"],
    ["no name", { scenarios: [{ steps: [{ press: "a" }] }] }, "scenarios[0]: “name” is missing"],
    [
      "a step with a typing error",
      withStep({ rign: {} }),
      `scenarios[0].steps[0]: expected exactly one of ${STEP_KINDS.join(", ")}, got rign`,
    ],
    [
      "two things in a step",
      withStep({ ring: {}, press: "a" }),
      `scenarios[0].steps[0]: expected exactly one of ${STEP_KINDS.join(", ")}, got ring, press`,
    ],
    [
      "a number as text",
      withStep({ ring: {}, expect: { withinMs: "9" } }),
      'scenarios[0].steps[0].expect.withinMs: expected a number, got "9"',
    ],
    [
      "a word that is none",
      withStep({ ring: {}, expect: { fallback: "late" } }),
      'scenarios[0].steps[0].expect.fallback: expected one of deadline, error, closed, got "late"',
    ],
    [
      "an unknown property of an answer in a list",
      withStep({ press: "a" }, { given: { answers: { crm: [{ payload: 1 }] } } }),
      "scenarios[0].given.answers.crm[0]: nothing is called “payload” here. Known: message, output, error, code, afterMs",
    ],
    [
      "a message that is neither sent nor got",
      withStep({ send: { message: {} } }),
      "scenarios[0].steps[0].send: expected exactly one of to, from, got message",
    ],
  ] as const) {
    it(`says what is wrong with ${what}`, () => assert.ok(faults(value).includes(fault), faults(value).join("\n")));
  }

  it("knows every step that the runner does", () => {
    assert.deepEqual(
      Object.keys(SCHEMA.$defs?.["step"]?.properties ?? {}).toSorted(),
      [...STEP_KINDS, "expect"].toSorted(),
    );
  });
});
