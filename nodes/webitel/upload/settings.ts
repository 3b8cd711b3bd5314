/** The settings of an upload, evaluated for one message and checked. */
import { basename, resolve } from "node:path";
import type { Node, NodeAPI, NodeDef } from "node-red";
import { refused } from "../../../lib/core/errors.js";
import { columnName } from "../../../lib/webitel/column-names.js";
import { isEncoding } from "../../../lib/webitel/encoding.js";
import { readValue, required } from "../../../lib/webitel/fields.js";
import { checkHeader } from "../../../lib/webitel/header.js";
import { destinationColumns } from "../../../lib/webitel/hidden-rows.js";
import { doubledField, fieldOf, isField, quoted } from "../../../lib/webitel/field-names.js";
import type { Default, Mapping, MappingOptions } from "../../../lib/webitel/member.js";
import { phoneReader } from "../../../lib/webitel/phone.js";
import { MAX_FILE_NAME, UPLOAD_CHOICES } from "../../../lib/webitel/tables.js";
import { copyOf } from "../../../lib/webitel/upload/copies.js";
import type { RowValues } from "../../../lib/webitel/upload/rows.js";
import { endOfDay, isTimeZone, localZone, toMillis } from "../../../lib/webitel/time.js";
import { PATIENCE } from "../../../lib/webitel/upload/context.js";
import type { CsvOptions } from "../../../lib/webitel/upload/row-reader.js";
import { UniqueDestinations } from "../../../lib/webitel/upload/unique.js";
import type { UploadOptions } from "../../../lib/webitel/upload/options.js";
import { isRuntimeFile, isTableName, withoutLinks } from "./runtime-files.js";
import type { Message } from "../../shared/input.js";
import { readIgnoringCase } from "../../../lib/core/values.js";
import { evaluate } from "../../shared/values.js";
import { envText } from "../../shared/variables.js";

type Choices = { [K in keyof typeof UPLOAD_CHOICES]: (typeof UPLOAD_CHOICES)[K][number] };

/** The settings as the editor saves them; each may be missing in a flow made by hand. */
export interface UploadConfig extends NodeDef, Partial<Choices> {
  connection?: string;
  queueId?: string;
  queueIdType?: string;
  filename?: string;
  filenameType?: string;
  mapping?: Mapping[];
  defaults?: (Default & { valueType?: string })[];
  batchSize?: number | string;
  concurrency?: number | string;
  rate?: number | string;
  /** Seconds in which a server may still commit a batch whose answer broke. */
  lateSeconds?: number | string;
  /** Minutes. */
  expiryDuration?: number | string;
  expiryValue?: string;
  expiryValueType?: string;
  /** IANA name; blank = that of the machine. */
  timezone?: string;
  /** `auto`, or a name that `TextDecoder` knows. */
  encoding?: string;
  /** Two letters; blank leaves numbers as they came. */
  country?: string;
  /** Loads a destination once per run. */
  unique?: boolean;
  /** What Webitel shows for the import; blank = the file's name. */
  fileName?: string;
  rejectsFile?: string;
  rejectsFileType?: string;
}

/** What the settings are for one upload. */
export type UploadSettings = Pick<
  UploadOptions,
  "queueId" | "batchSize" | "concurrency" | "rate" | "uncertain" | "patience" | "unique"
> &
  Choices & {
    mapping: Omit<MappingOptions, "expireAt">;
    csv: CsvOptions;
    /** Absolute path of the file to load; "" for another source. */
    file: string;
    /** Absolute path of the file for refused rows; undefined for none. */
    rejectsPath: string | undefined;
    /** When members without a time of their own expire, counted from when the message came. @throws ContactCenterError `EINVALID` when that is in the past */
    expireAt: ExpireAt;
  };

/** Unix milliseconds; undefined for never. */
type ExpireAt = () => number | undefined;

/** What a message of a stream says for its own rows. */
export interface PartSettings {
  /** Undefined where it names none. */
  queueId: string | undefined;
  values: RowValues;
}

/** Types of values that can differ between two messages. */
const CHANGING: ReadonlySet<string | undefined> = new Set(["msg", "flow", "global", "jsonata"]);

const wrong = (key: string, field: string, params: Record<string, string> = {}): ReturnType<typeof refused> =>
  refused(`webitel.errors.field.${key}`, { vendor: "webitel", operation: "upload", field }, params);

/** Numbers with their bounds: [default, lowest, highest]. */
const NUMBERS = {
  batchSize: [500, 1, 20_000],
  concurrency: [2, 1, 32],
  rate: [0, 0, 1e6],
  lateSeconds: [90, 0, 3600],
  expiryDuration: [480, 0, 5_256_000],
} as const;

/** The queue that a payload names; undefined too where it throws when it is read: then it is a row, which is rejected. */
function queueOf(payload: unknown): unknown {
  try {
    return readIgnoringCase(payload)("queue_id", "queueId");
  } catch {
    return undefined;
  }
}

/** Reads a node's settings. */
export class SettingsReader {
  /** The day that was asked for last; Unix milliseconds. */
  private day: { zone: string; from: number; until: number } | undefined;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: UploadConfig,
  ) {}

  /** Which of the sources is set. @throws ContactCenterError `EINVALID` for another word */
  get source(): Choices["source"] {
    return this.choice("source", UPLOAD_CHOICES.source) as Choices["source"];
  }

  /**
   * Evaluates them all, and begins all of it in this turn: the flow may change what they depend on while the message waits.
   * @param streamed the message is the first of a stream: its rows are no file
   * @throws ContactCenterError `EINVALID` that names the setting
   */
  async read(message: Message, streamed: boolean): Promise<UploadSettings> {
    const choices = Object.fromEntries(
      Object.entries(UPLOAD_CHOICES).map(([name, words]) => [name, this.choice(name as keyof Choices, words)]),
    ) as unknown as Choices;
    const timezone = this.timezone();
    const [queueId, defaults, expireAt, file, rejects, toE164] = await Promise.all([
      this.queueId(message),
      this.defaults(message),
      this.expireAt(message, choices.expiry, timezone),
      choices.source === "file" && !streamed ? this.filename(message) : "",
      this.typed(message, "rejectsFile"),
      this.phoneReader(),
    ]);
    if (queueId === undefined) throw required("upload", "queueId");
    const mapping = { mapping: this.mapping(), defaults, timezone, toE164 };
    return {
      ...choices,
      queueId,
      file,
      rejectsPath: await this.rejectsPath(rejects, file),
      expireAt,
      batchSize: Math.floor(this.number("batchSize")),
      concurrency: Math.floor(this.number("concurrency")),
      rate: this.number("rate"),
      patience: { ...PATIENCE, lateMs: this.number("lateSeconds") * 1000 },
      mapping,
      unique: this.config.unique === true ? new UniqueDestinations() : undefined,
      csv: {
        separator: choices.separator,
        encoding: this.encoding(),
        checkHeader: (header) => checkHeader(header, mapping),
        destinations: (header) => destinationColumns(header, mapping.mapping),
      },
    };
  }

  /** True where two messages of a stream may have different settings. */
  get changes(): boolean {
    const { config } = this;
    const types = [config.queueIdType, ...(config.defaults ?? []).map(({ valueType }) => valueType)];
    if (config.expiry === "value") types.push(config.expiryValueType);
    // Time passes between them.
    if (config.expiry === "duration" || config.expiry === "end-of-day") return true;
    // Without a queue of its own, the node reads that of the payload.
    return (config.queueId ?? "") === "" || types.some((type) => CHANGING.has(type));
  }

  /**
   * Evaluates what a message of a stream says for its own rows.
   * @throws ContactCenterError `EINVALID` that names the setting
   */
  async readPart(message: Message): Promise<PartSettings> {
    const [queueId, defaults, expireAt] = await Promise.all([
      this.queueId(message),
      this.defaults(message),
      this.expireAt(message, this.choice("expiry", UPLOAD_CHOICES.expiry) as Choices["expiry"], this.timezone()),
    ]);
    return { queueId, values: { defaults, expireAt: expireAt() } };
  }

  /** @param file the one that is loaded */
  private async rejectsPath(path: unknown, file: string): Promise<string | undefined> {
    if (path === undefined || path === "") return undefined;
    if (typeof path !== "string") throw wrong("text", "rejectsFile");
    const absolute = this.absolute(path);
    if (file !== "" && (await withoutLinks(absolute)) === (await withoutLinks(file)))
      throw wrong("same-file", "rejectsFile", { path: file });
    if (!isTableName(absolute)) throw wrong("ending", "rejectsFile", { path: absolute });
    if (await isRuntimeFile(absolute, this.RED.settings))
      throw wrong("runtime-file", "rejectsFile", { path: absolute });
    return absolute;
  }

  /** The name that Webitel shows for the import. @param file of a source `file` */
  fileName(file: string): { fileName?: string } {
    const name = this.text("fileName") || basename(file);
    // Half a character is no JSON that each server reads.
    return name === "" ? {} : { fileName: name.slice(0, MAX_FILE_NAME).replace(/[\uD800-\uDBFF]$/, "") };
  }

  /** Absolute path of the file to load; blank = `msg.filename`. Relative to `fileWorkingDirectory` of settings.js, as core's file nodes. */
  private async filename(message: Message): Promise<string> {
    const { filename } = message;
    const path = (await this.typed(message, "filename")) ?? filename;
    if (typeof path !== "string" || path.trim() === "") throw required("upload", "filename");
    return this.absolute(path);
  }

  private absolute(path: string): string {
    const { fileWorkingDirectory } = this.RED.settings as { fileWorkingDirectory?: string };
    return resolve(fileWorkingDirectory ?? "", path.trim());
  }

  private async phoneReader(): Promise<MappingOptions["toE164"]> {
    const country = this.text("country");
    return country === "" ? undefined : phoneReader(country);
  }

  private typed(message: Message, field: "queueId" | "filename" | "expiryValue" | "rejectsFile"): unknown {
    return evaluate(
      this.RED,
      this.node,
      message,
      field,
      { value: this.config[field], type: this.config[`${field}Type`] },
      "webitel",
    );
  }

  private text(field: "fileName" | "country" | "timezone" | "encoding" | keyof typeof NUMBERS): string {
    const cause = { vendor: "webitel", operation: "upload", field } as const;
    return envText(this.RED, this.node, `${this.config[field] ?? ""}`, cause).trim();
  }

  /** Undefined when neither the node nor the payload names one. */
  private async queueId(message: Message): Promise<string | undefined> {
    const ofPayload = queueOf(message.payload);
    const id = (await this.typed(message, "queueId")) ?? ofPayload;
    return id === undefined || id === "" ? undefined : (readValue("upload", "queueId", "id", id) as string);
  }

  private choice(field: keyof Choices, words: readonly string[]): string {
    const word = this.config[field] ?? words[0];
    if (!words.includes(word as string)) throw wrong("choice", field, { value: `${word}`, words: words.join(", ") });
    return word as string;
  }

  private number(field: keyof typeof NUMBERS): number {
    const [fallback, low, high] = NUMBERS[field];
    const text = this.text(field);
    const value = text === "" ? fallback : Number(text);
    if (!(value >= low && value <= high)) throw wrong("range", field, { low: `${low}`, high: `${high}` });
    return value;
  }

  private mapping(): Mapping[] {
    // The properties of a list's items are names as they are.
    const nameOf = (column: string): string =>
      this.source === "payload" ? column.normalize("NFC") : columnName(column);
    const mapping = (this.config.mapping ?? [])
      .filter(({ column, field }) => column && field)
      .map(({ column, field }) => ({ column: nameOf(column), field: fieldOf(field) }));
    for (const { field } of mapping) if (!isField(field)) throw wrong("member", "mapping", { name: field });
    const doubled = doubledField(mapping);
    if (doubled) throw wrong("two-columns", "mapping", { columns: quoted(doubled.columns), name: doubled.field });
    return mapping;
  }

  private async defaults(message: Message): Promise<Default[]> {
    const entered = (this.config.defaults ?? []).filter(({ field }) => field);
    const defaults = entered.map(async ({ field: named, value, valueType: type }) => {
      const field = fieldOf(named);
      if (!isField(field)) throw wrong("member", "defaults", { name: field });
      const typed = { value, type };
      return {
        field,
        value: copyOf(await evaluate(this.RED, this.node, message, `defaults.${field}`, typed, "webitel")),
      };
    });
    return (await Promise.all(defaults)).filter(({ value }) => value !== undefined);
  }

  /** The time zone of the node; the machine's when blank. */
  private timezone(): string {
    const zone = this.text("timezone") || localZone();
    if (!isTimeZone(zone)) throw wrong("timezone", "timezone", { zone });
    return zone;
  }

  private encoding(): string {
    const encoding = this.text("encoding") || "auto";
    if (encoding !== "auto" && !isEncoding(encoding)) throw wrong("encoding", "encoding", { encoding });
    return encoding;
  }

  /**
   * When members without a time of their own expire: counted from now, when the message comes, and compared with the clock when the
   * upload begins.
   */
  private async expireAt(message: Message, expiry: Choices["expiry"], zone: string): Promise<ExpireAt> {
    if (expiry === "none") return () => undefined;
    const cameAt = Date.now();
    const { field, at } = await this.expiryOf(message, expiry, zone, cameAt);
    return () => {
      if (at !== 0 && at <= Date.now()) throw wrong("past", field);
      return at;
    };
  }

  /** @param cameAt Unix milliseconds */
  private async expiryOf(
    message: Message,
    expiry: Exclude<Choices["expiry"], "none">,
    zone: string,
    cameAt: number,
  ): Promise<{ field: string; at: number }> {
    if (expiry === "end-of-day") return { field: "expiry", at: this.endOfDay(cameAt, zone) };
    if (expiry === "duration")
      return { field: "expiryDuration", at: Math.round(cameAt + this.number("expiryDuration") * 60_000) };
    const field = "expiryValue";
    const at = toMillis(await this.typed(message, field), zone);
    if (at === undefined) throw wrong("local-time", field);
    return { field, at };
  }

  /** As the messages of a stream ask for it one after another. */
  private endOfDay(ms: number, zone: string): number {
    const { day } = this;
    if (day && day.zone === zone && day.from <= ms && ms <= day.until) return day.until;
    const until = endOfDay(ms, zone);
    this.day = { zone, from: ms, until };
    return until;
  }
}
