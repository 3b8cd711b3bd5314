/** `contactCenter.recorder` and `contactCenter.scenarios` of settings.js. */
import { join, resolve } from "node:path";
import type { NodeAPI } from "node-red";
import { type Level, LEVELS } from "../../lib/recorder/model.js";

/** How to record, as settings.js says. */
export interface RecorderSettings {
  level: Level;
  /** Numbers are kept as they are. */
  showsNumbers: boolean;
  /** Days for which finished runs are kept in files; 0 = in no file. */
  keepDays: number;
}

const DEFAULT_LEVEL = "path";
const MOST_DAYS = 3650;

/** True for one of {@link LEVELS}. */
export function isLevel(value: unknown): value is Level {
  return LEVELS.some((level) => level === value);
}

/**
 * The folder of scenario files, absolute: `contactCenter.scenarios` of settings.js, where a relative one is below the user
 * directory; by default `scenarios` there. It need not exist.
 * @throws Error with a sentence for people, when the setting is no name of a folder
 */
export function scenariosFolder(RED: NodeAPI): string {
  const { contactCenter, userDir = "." } = RED.settings as {
    contactCenter?: { scenarios?: unknown };
    userDir?: string;
  };
  const { scenarios = join(userDir, "scenarios") } = contactCenter ?? {};
  if (typeof scenarios !== "string" || scenarios.trim() === "" || scenarios.includes("\0"))
    throw new Error(RED._("recorder.refusal.scenarios-setting"));
  return resolve(userDir, scenarios);
}

/** Reads the settings. What is wrong is warned of, and counts as not set. */
export function recorderSettings(RED: NodeAPI): RecorderSettings {
  const { contactCenter } = RED.settings as { contactCenter?: { recorder?: Record<string, unknown> } };
  const { level = DEFAULT_LEVEL, numbers = "pseudonyms", keepDays = 0 } = contactCenter?.recorder ?? {};
  const wrong = (name: string): void => RED.log.warn(RED._("recorder.warnings.setting", { name }));
  const areDays = typeof keepDays === "number" && keepDays >= 0 && keepDays <= MOST_DAYS;
  if (!isLevel(level)) wrong("level");
  if (numbers !== "shown" && numbers !== "pseudonyms") wrong("numbers");
  if (!areDays) wrong("keepDays");
  return {
    level: isLevel(level) ? level : DEFAULT_LEVEL,
    showsNumbers: numbers === "shown",
    keepDays: areDays ? keepDays : 0,
  };
}
