/** The recorder of one runtime: when it records, what it keeps, and what its admin API answers. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { NodeAPI } from "node-red";
import type { Level } from "../../lib/recorder/model.js";
import { Privacy } from "../../lib/recorder/privacy.js";
import { Pseudonyms } from "../../lib/recorder/pseudonyms.js";
import { Recorder, type ReplayRefusal } from "../../lib/recorder/recorder.js";
import { RunFiles } from "../../lib/recorder/run-files.js";
import { isDeploying } from "../../nodes/shared/deploys.js";
import { warnOncePerMinute } from "../../nodes/shared/log.js";
import { recordingOf } from "../../nodes/shared/recording.js";
import { FileHeldError, stateFile } from "../../nodes/shared/state-file.js";
import type { KeepBody } from "./keep.js";
import type { Reply } from "./reply.js";
import { isLevel, type RecorderSettings, warnOfUnknown } from "./settings.js";

const LABEL = "contact-center-recorder";
const KEY_BYTES = 32;
const WRITE_MS = 1000;
/** Messages of a replay may be in the flow for so long, in a delay node: they are followed although nothing is recorded any more. */
const REPLAY_MS = 10 * 60_000;

/** Node-RED's message hooks; its types lack them. */
interface Hooks {
  add(id: string, hook: (event: never) => false | void): void;
  remove(id: string): void;
}

/** What the admin API gets. */
export interface AdminRequest {
  params: { id?: string };
  query?: { number?: unknown };
  body?: KeepBody & { level?: unknown; number?: unknown; ids?: unknown; outside?: unknown };
}

/** What is needed once something is recorded. */
interface Tools {
  pseudonyms: Pseudonyms;
  recorder: Recorder;
  /** Absent where nothing is kept in files. */
  files: RunFiles | undefined;
}

/** Recorder, files and hooks of one runtime. */
export class RecorderService {
  private level: Level = "off";
  private tools: Promise<Tools> | undefined;
  private hasFailed = false;
  private lastReplayAt = -Infinity;
  private unhooking: NodeJS.Timeout | undefined;

  constructor(
    private readonly RED: NodeAPI,
    private readonly settings: RecorderSettings,
  ) {}

  /** Begins to record, records more or less, or ends. */
  async start(level: Level): Promise<void> {
    this.level = level;
    if (level === "off" && !this.tools) return;
    const { recorder } = await (this.tools ??= this.makeTools());
    // Another level was asked for meanwhile.
    if (this.level !== level) return;
    const { hooks } = this.RED as unknown as { hooks: Hooks };
    const unhook = (): void => hooks.remove(`*.${LABEL}`);
    clearTimeout(this.unhooking);
    recordingOf(this.RED).recorder = level === "off" ? undefined : recorder;
    const replayedMs = REPLAY_MS - (performance.now() - this.lastReplayAt);
    if (level === "off" && replayedMs > 0) {
      this.unhooking = setTimeout(unhook, replayedMs).unref();
      return;
    }
    unhook();
    if (level === "off") return;
    for (const [name, hook] of Object.entries(recorder.record(level))) hooks.add(`${name}.${LABEL}`, hook);
  }

  /** `GET /contact-center/recorder/runs`, `?number=` for those with a number alone: the number, or its pseudonym */
  async list({ query }: AdminRequest): Promise<Reply> {
    const tools = this.tools && (await this.tools);
    const isMeant = typeof query?.number === "string" && tools ? mentioning(query.number, tools.pseudonyms) : undefined;
    const runs = tools?.recorder.runs() ?? [];
    return {
      status: 200,
      body: {
        level: this.level,
        numbers: this.settings.showsNumbers ? "shown" : "pseudonyms",
        skipped: tools?.recorder.skipped ?? 0,
        runs: runs
          .filter((run) => !isMeant || isMeant(JSON.stringify(run)))
          .map((run) => ({ ...run, received: undefined, steps: run.steps.length })),
      },
    };
  }

  /** `GET /contact-center/recorder/runs/:id` */
  async show({ params: { id = "" } }: AdminRequest): Promise<Reply> {
    const run = this.tools && (await this.tools).recorder.run(id);
    return run ? { status: 200, body: run } : this.refusal(404, "run");
  }

  /** `POST /contact-center/recorder/heat`, body `{ids}` of the runs that are looked at */
  async heat({ body }: AdminRequest): Promise<Reply> {
    if (!Array.isArray(body?.ids)) return this.refusal(400, "ids");
    const nodes = this.tools ? (await this.tools).recorder.heat(new Set(body.ids)) : {};
    return { status: 200, body: { nodes } };
  }

  /** `POST /contact-center/recorder/level`, body `{level}` */
  async changeLevel({ body }: AdminRequest): Promise<Reply> {
    const level = body?.level;
    if (!isLevel(level)) return this.refusal(400, "level");
    await this.start(level);
    return { status: 200, body: { level: this.level } };
  }

  /** `POST /contact-center/recorder/runs/:id/replay`, body `{outside}`: true lets nodes reach outside */
  async replay({ params: { id = "" }, body }: AdminRequest): Promise<Reply> {
    const outside = body?.outside ?? false;
    if (typeof outside !== "boolean") return this.refusal(400, "outside");
    if (this.level === "off" || !this.tools) return this.refusal(409, "off");
    const { recorder } = await this.tools;
    this.lastReplayAt = performance.now();
    const replay = recorder.replay(id, recordingOf(this.RED).receivers, outside);
    if ("id" in replay) return { status: 200, body: { id: replay.id } };
    return this.refusal(replay.refusal === "run" ? 404 : 409, replay.refusal);
  }

  /** `POST /contact-center/recorder/runs/:id/scenario`, body `{name, title}` of the file and of the scenario in it */
  async keep({ params: { id = "" }, body = {} }: AdminRequest): Promise<Reply> {
    const runs = this.tools && (await this.tools).recorder.kept(id);
    if (!runs) return this.refusal(404, "run");
    const { keepRun } = require("./keep.js") as typeof import("./keep.js");
    return keepRun(this.RED, runs, body);
  }

  /** `POST /contact-center/recorder/forget`, body `{number}`: the number, or its pseudonym */
  async forget({ body }: AdminRequest): Promise<Reply> {
    const number = typeof body?.number === "string" ? body.number.trim() : "";
    if (!/^(?=.*\d)[+*#\d().\s/-]{2,40}$|^#[a-z]{10}$/.test(number)) return this.refusal(400, "number");
    const { pseudonyms, recorder, files } = await (this.tools ??= this.makeTools());
    const isMeant = mentioning(number, pseudonyms);
    const memory = recorder.forget(isMeant);
    try {
      // Where nothing is kept now, there may be files of earlier days.
      const written = await (files ?? this.filesOf()).forget(isMeant);
      return { status: 200, body: { forgotten: { memory, files: written } } };
    } catch (error) {
      this.warn("forget", error);
      return this.refusal(500, "forget");
    }
  }

  private async makeTools(): Promise<Tools> {
    const { showsNumbers } = this.settings;
    const { key, isOurs } = await this.readKey();
    const pseudonyms = new Pseudonyms(key);
    const files = this.settings.keepDays > 0 && isOurs ? this.filesOf() : undefined;
    const recorder = new Recorder({
      level: "path",
      privacy: new Privacy(showsNumbers ? undefined : pseudonyms),
      onDone: files && ((run) => files.add(run)),
      onFault: (error) => {
        if (!this.hasFailed) this.warn("hook", error);
        this.hasFailed = true;
      },
    });
    if (files) this.writeRegularly(recorder, files);
    return { pseudonyms, recorder, files };
  }

  /** @returns `isOurs`: no other process writes the files of this user directory, where some are kept */
  private async readKey(): Promise<{ key: string; isOurs: boolean }> {
    const file = stateFile<{ key?: unknown }>(this.RED, "recorder");
    let key = randomBytes(KEY_BYTES).toString("hex");
    try {
      const known = await file.read();
      warnOfUnknown(this.RED, "contact-center/recorder.json", known, ["key"]);
      const isKnown = typeof known?.key === "string" && /^[\da-f]{64}$/.test(known.key);
      if (isKnown) key = known.key as string;
      // Whoever has written it is the one process that writes the files.
      if (!isKnown || this.settings.keepDays > 0) await file.write({ ...known, key });
      return { key, isOurs: true };
    } catch (error) {
      if (!(error instanceof FileHeldError)) this.warn("key", error);
      else if (this.settings.keepDays > 0) this.warn("in-use", error);
      return { key, isOurs: false };
    }
  }

  private filesOf(): RunFiles {
    return new RunFiles(join(this.RED.settings.userDir ?? ".", "contact-center", "recorder"), this.settings.keepDays);
  }

  private writeRegularly(recorder: Recorder, files: RunFiles): void {
    setInterval(() => {
      recorder.flush();
      files.write().catch((error: unknown) => this.warn("write", error));
    }, WRITE_MS).unref();
    isDeploying(this.RED);
    // The process may end right after it.
    this.RED.events.on("flows:stopped", () => {
      if (isDeploying(this.RED)) return;
      try {
        recorder.flush(true);
        files.writeNow();
      } catch (error) {
        this.warn("write", error);
      }
    });
  }

  private refusal(
    status: number,
    why: ReplayRefusal | "ids" | "level" | "number" | "forget" | "outside" | "off",
  ): Reply {
    return { status, body: { error: why, message: this.RED._(`recorder.refusal.${why}`) } };
  }

  private warn(what: "in-use" | "key" | "write" | "forget" | "hook", error: unknown): void {
    const text = this.RED._(`recorder.warnings.${what}`, { detail: (error as Error).message });
    warnOncePerMinute(this.RED.log, what, text);
  }
}

/** Whether a text mentions a number. @param number or its pseudonym */
function mentioning(number: string, pseudonyms: Pseudonyms): (text: string) => boolean {
  const name = /^#[a-z]{10}$/.test(number) ? number : pseudonyms.of(number);
  return (text) => Privacy.mentions(text, name, pseudonyms);
}
