/** `contactCenter.recorder` and `contactCenter.scenarios` of settings.js. */
import { join, resolve } from "node:path";
import type { NodeAPI } from "node-red";
import { isRecord } from "../../lib/core/values.js";
import { type Level, LEVELS } from "../../lib/recorder/model.js";
import { logLine, LONGEST_NAME } from "../../nodes/shared/log.js";

/** The file of settings, as people call it. */
const FILE = "settings.js";

/** How to record, as settings.js says. */
export interface RecorderSettings {
  level: Level;
  /** Numbers are kept as they are. */
  showsNumbers: boolean;
  /** Days for which finished runs are kept in files; 0 = in no file. */
  keepDays: number;
}

const MOST_DAYS = 3650;

/** True for one of {@link LEVELS}. */
export function isLevel(value: unknown): value is Level {
  return LEVELS.some((level) => level === value);
}

/** Each setting of the recorder, what it is where it is not set, and what it may be. */
const SETTINGS = {
  level: { standard: "path", isRight: isLevel },
  numbers: { standard: "pseudonyms", isRight: (value: unknown) => value === "pseudonyms" || value === "shown" },
  keepDays: {
    standard: 0,
    isRight: (value: unknown) => typeof value === "number" && value >= 0 && value <= MOST_DAYS,
  },
} as const;
/** What `contactCenter` of settings.js may have. */
const PARTS = ["recorder", "scenarios"];

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

/** Reads the settings. What is wrong or not known is warned of, and counts as not set. */
export function recorderSettings(RED: NodeAPI): RecorderSettings {
  const { contactCenter } = RED.settings as { contactCenter?: unknown };
  const parts = objectOf(RED, "contactCenter", contactCenter);
  warnOfUnknown(RED, FILE, parts, PARTS, "contactCenter.");
  const recorder = objectOf(RED, "contactCenter.recorder", parts["recorder"]);
  warnOfUnknown(RED, FILE, recorder, Object.keys(SETTINGS), "contactCenter.recorder.");
  const valueOf = (name: keyof typeof SETTINGS): unknown => {
    const { standard, isRight } = SETTINGS[name];
    const { [name]: value = standard } = recorder;
    if (isRight(value)) return value;
    warn(RED, "setting", { name });
    return standard;
  };
  return {
    level: valueOf("level") as Level,
    showsNumbers: valueOf("numbers") === "shown",
    keepDays: valueOf("keepDays") as number,
  };
}

/**
 * Warns of each property that nobody reads: it may be another one's name, misspelt.
 * @param file where it stands @param prefix what stands before its name there
 */
export function warnOfUnknown(
  RED: NodeAPI,
  file: string,
  object: unknown,
  known: readonly string[],
  prefix = "",
): void {
  if (!isRecord(object)) return;
  for (const name of Object.keys(object))
    if (!known.includes(name)) warn(RED, "unknown", { name: `${prefix}${logLine(name, LONGEST_NAME)}`, file });
}

function objectOf(RED: NodeAPI, name: string, value: unknown): Record<string, unknown> {
  if (isRecord(value)) return value;
  if (value !== undefined) warn(RED, "no-object", { name });
  return {};
}

function warn(RED: NodeAPI, what: "setting" | "unknown" | "no-object", names: Record<string, string>): void {
  RED.log.warn(logLine(RED._(`recorder.warnings.${what}`, names)));
}
