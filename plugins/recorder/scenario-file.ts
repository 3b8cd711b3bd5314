/** Adds a scenario to a file of the folder of scenarios. */
import { lstat, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { isRecord } from "../../lib/core/values.js";
import type { KeptScenario } from "../../lib/recorder/scenario.js";

const PACKAGE = "@contact-center/node-red-contrib-contact-center";
/** Letters, digits and what stands between words; no separator of folders, and nothing that a shell or Windows reads otherwise. */
const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N} ._-]{0,78}[\p{L}\p{N}_-])?$/u;
/** Devices of Windows. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** Why a scenario is in no file: its name, a file that is no file of scenarios, or a link. */
export type FileFault = "name" | "file" | "link";

/** The file cannot take the scenario. */
export class ScenarioFileError extends Error {
  constructor(readonly fault: FileFault) {
    super(fault);
  }
}

/** What is done with the files follows each other. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Adds a scenario; where one has its name, a number follows it.
 * @param folder of scenarios; made where it is not there
 * @param name of the file, without `.json`
 * @param title of the scenario
 * @returns the file's path
 * @throws ScenarioFileError, or what the file system says
 */
export function addScenario(
  folder: string,
  userDir: string,
  name: string,
  title: string,
  scenario: KeptScenario,
): Promise<string> {
  const work = last.then(async () => {
    if (!NAME.test(name) || RESERVED.test(name)) throw new ScenarioFileError("name");
    const path = join(folder, `${name}.json`);
    const schema = join(userDir, "node_modules", PACKAGE, "resources/scenario.schema.json");
    const { scenarios, ...rest } = (await read(path)) ?? { $schema: asUrl(relative(folder, schema)), scenarios: [] };
    const content = { ...rest, scenarios: [...scenarios, { name: free(title, scenarios), ...scenario }] };
    await mkdir(folder, { recursive: true });
    const temporary = join(folder, `.${name}.${process.pid}.tmp`);
    // It has numbers of callers.
    await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
    await rename(temporary, path);
    return path;
  });
  last = work.catch(() => undefined);
  return work;
}

/** Undefined where there is no such file. */
async function read(path: string): Promise<{ scenarios: unknown[] } | undefined> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!stats) return undefined;
  // It may lead out of the folder.
  if (stats.isSymbolicLink()) throw new ScenarioFileError("link");
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw new ScenarioFileError("file");
  }
  if (!isRecord(content) || !Array.isArray(content["scenarios"])) throw new ScenarioFileError("file");
  return content as { scenarios: unknown[] };
}

function free(title: string, scenarios: readonly unknown[]): string {
  const names = new Set(scenarios.map((each) => (each as { name?: unknown } | null)?.name));
  let free = title;
  for (let number = 2; names.has(free); number++) free = `${title} (${number})`;
  return free;
}

/** As `$schema` names it, on Windows too. */
function asUrl(path: string): string {
  return path.replaceAll("\\", "/");
}
