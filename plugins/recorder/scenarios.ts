/** Scenarios run from the sidebar: what the admin API answers. One run at a time; the last one stays to be looked at. */
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { NodeAPI } from "node-red";
import type { ScenarioList, ScenarioRun } from "../../lib/recorder/scenario-run.js";
import { ownNodeRed } from "./own-node-red.js";
import { ScenarioProcess } from "./scenario-process.js";
import type { Reply } from "./reply.js";
import { scenariosFolder } from "./settings.js";

const LIMIT_MS = 120_000;
/** Files that are listed and may be named. */
const MOST_FILES = 1000;

/** What the admin API gets. */
export interface ScenarioRequest {
  body?: { flows?: unknown; files?: unknown };
}
/** Files and runs of one runtime. */
export class Scenarios {
  private process: ScenarioProcess | undefined;

  /** @param limitMs milliseconds that a run may take */
  constructor(
    private readonly RED: NodeAPI,
    private readonly limitMs = LIMIT_MS,
  ) {}

  /** `GET /contact-center/recorder/scenarios` */
  async list(): Promise<Reply> {
    return this.answer(async () => {
      const folder = scenariosFolder(this.RED);
      const run = this.process && shown(this.process.run, folder);
      const body: ScenarioList = { files: await filesOf(folder), ...(run && { run }) };
      return { status: 200, body };
    });
  }

  /** `POST /contact-center/recorder/scenarios/run`, body `{flows, files}`: the flow, and which files; without them all */
  async run({ body }: ScenarioRequest): Promise<Reply> {
    return this.answer(async () => {
      const { flows, files } = body ?? {};
      if (!isFlow(flows)) return this.refusal(400, "flows");
      const folder = scenariosFolder(this.RED);
      const known = await filesOf(folder);
      const asked: unknown[] = Array.isArray(files) ? files : known;
      if (asked.length === 0 || !asked.every((file): file is string => known.includes(file as string)))
        return this.refusal(400, "files");
      // From here on nothing is waited for: two requests cannot both find that none runs.
      if (this.process?.run.state === "running") return this.refusal(409, "running");
      const { userDir } = this.RED.settings;
      this.process = new ScenarioProcess({
        flows,
        scenarios: asked.map((file) => join(folder, file)),
        userDir: userDir === undefined ? undefined : resolve(userDir),
        nodeRed: ownNodeRed(),
        limitMs: this.limitMs,
        onFault: (error) => this.RED.log.warn(this.RED._("recorder.warnings.scenarios", { detail: detailOf(error) })),
      });
      return { status: 202, body: { state: this.process.run.state } };
    });
  }

  /** `POST /contact-center/recorder/scenarios/stop` */
  async stop(): Promise<Reply> {
    this.process?.stop();
    await this.process?.ended;
    return { status: 200, body: { state: this.process?.run.state ?? "stopped" } };
  }

  /** What fails is told to whoever asked. */
  private async answer(work: () => Promise<Reply>): Promise<Reply> {
    try {
      return await work();
    } catch (error) {
      return { status: 500, body: { error: "scenarios", message: detailOf(error) } };
    }
  }

  private refusal(status: number, why: "flows" | "files" | "running"): Reply {
    return { status, body: { error: why, message: this.RED._(`recorder.refusal.${why}`) } };
  }
}

/** Scenario files below a folder that need not be there. */
async function filesOf(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder, { recursive: true });
    return names
      .filter((name) => name.endsWith(".json"))
      .toSorted()
      .slice(0, MOST_FILES);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** A run with the files' paths within the folder. */
function shown(run: ScenarioRun, folder: string): ScenarioRun {
  return {
    ...run,
    results: run.results.map((result) => ({ ...result, file: result.file.slice(folder.length + 1) })),
  };
}

function isFlow(flows: unknown): flows is object[] {
  return Array.isArray(flows) && flows.every((node) => typeof (node as { type?: unknown } | null)?.type === "string");
}

function detailOf(error: unknown): string {
  return (error as Error).message;
}
