/** The settings of an upload, evaluated for one message and checked. */
import { basename, resolve } from "node:path";
import type { Node, NodeAPI, NodeDef } from "node-red";
import { refused } from "../../../lib/core/errors.js";
import { isEncoding } from "../../../lib/webitel/encoding.js";
import { readValue, required } from "../../../lib/webitel/fields.js";
import { checkHeader } from "../../../lib/webitel/header.js";
import { destinationColumns } from "../../../lib/webitel/hidden-rows.js";
import { isField } from "../../../lib/webitel/field-names.js";
import type { Default, Mapping, MappingOptions } from "../../../lib/webitel/member.js";
import { phoneReader } from "../../../lib/webitel/phone.js";
import { MAX_FILE_NAME, UPLOAD_CHOICES } from "../../../lib/webitel/tables.js";
import { endOfDay, isTimeZone, localZone, toMillis } from "../../../lib/webitel/time.js";
import { PATIENCE } from "../../../lib/webitel/upload/context.js";
import type { CsvOptions } from "../../../lib/webitel/upload/row-reader.js";
import { lineOf } from "../../../lib/webitel/upload/source.js";
import { UniqueDestinations } from "../../../lib/webitel/upload/unique.js";
import type { UploadOptions } from "../../../lib/webitel/upload/options.js";
import { isRuntimeFile } from "./runtime-files.js";
import type { Message } from "../../shared/input.js";
import { readIgnoringCase } from "../../../lib/core/values.js";
import { evaluate, isBlank } from "../../shared/values.js";
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
  Choices & { mapping: MappingOptions; csv: CsvOptions };

/** What the typed settings gave for one message: read when it comes, since it may wait, and a later one finds other values. */
export interface Evaluated {
  queueId: unknown;
  filename: unknown;
  rejectsFile: unknown;
  expiryValue: unknown;
  defaults: Default[];
}

const wrong = (key: string, field: string, params: Record<string, string> = {}): ReturnType<typeof refused> =>
  refused(`webitel.errors.field.${key}`, { vendor: "webitel", operation: "upload", field }, params);

const queueIdOf = (payload: unknown): unknown => readIgnoringCase(payload)("queue_id", "queueId");

/** Numbers with their bounds: [default, lowest, highest]. */
const NUMBERS = {
  batchSize: [500, 1, 20_000],
  concurrency: [2, 1, 32],
  rate: [0, 0, 1e6],
  lateSeconds: [90, 0, 3600],
  expiryDuration: [480, 0, 5_256_000],
} as const;

/** Reads a node's settings. */
export class SettingsReader {
  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: UploadConfig,
  ) {}

  /**
   * Evaluates the typed ones: all begin in this turn.
   * @throws ContactCenterError `EINVALID` that names the setting
   */
  async evaluate(message: Message): Promise<Evaluated> {
    const { source, expiry } = this.config;
    const [queueId, filename, rejectsFile, expiryValue, defaults] = await Promise.all([
      this.typed(message, "queueId"),
      source === "file" ? this.typed(message, "filename") : undefined,
      this.typed(message, "rejectsFile"),
      expiry === "value" ? this.typed(message, "expiryValue") : undefined,
      this.defaults(message),
    ]);
    return {
      queueId: queueId ?? queueIdOf(message.payload),
      filename: filename ?? message["filename"],
      rejectsFile,
      expiryValue,
      defaults,
    };
  }

  /** What the message itself gives to settings, as text: the messages of a stream have to agree. */
  ofMessage(message: Message): string {
    const {
      queueId,
      queueIdType,
      expiryValue,
      expiryValueType,
      rejectsFile,
      rejectsFileType,
      defaults = [],
    } = this.config;
    const typed = [
      [queueId, queueIdType],
      [expiryValue, expiryValueType],
      [rejectsFile, rejectsFileType],
      ...defaults.map(({ value, valueType }) => [value, valueType]),
    ];
    const paths = typed.filter(([, type]) => type === "msg").map(([path]) => path as string);
    return lineOf([
      ...paths.map((path) => this.propertyOf(message, path)),
      ...(isBlank({ value: queueId }) ? [queueIdOf(message.payload)] : []),
    ]);
  }

  /** A property of a message; undefined where nothing is there. */
  private propertyOf(message: Message, path: string): unknown {
    try {
      return this.RED.util.getMessageProperty(message, path) as unknown;
    } catch {
      return undefined;
    }
  }

  /**
   * Checks them all, and reads the others.
   * @throws ContactCenterError `EINVALID` that names the setting
   */
  async read(values: Evaluated): Promise<UploadSettings> {
    const choices = Object.fromEntries(
      Object.entries(UPLOAD_CHOICES).map(([name, words]) => [name, this.choice(name as keyof Choices, words)]),
    ) as unknown as Choices;
    const timezone = this.timezone();
    const mapping: MappingOptions = {
      mapping: this.mapping(),
      defaults: values.defaults,
      timezone,
      toE164: await this.phoneReader(),
      expireAt: this.expireAt(values, choices.expiry, timezone),
    };
    return {
      ...choices,
      queueId: this.queueId(values),
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

  /**
   * Absolute path of the file for refused rows; undefined for none.
   * @param file the one that is loaded
   */
  async rejectsFile({ rejectsFile: path }: Evaluated, file: string): Promise<string | undefined> {
    if (path === undefined || path === "") return undefined;
    if (typeof path !== "string") throw wrong("text", "rejectsFile");
    const absolute = this.absolute(path);
    if (absolute === file) throw wrong("same-file", "rejectsFile", { path: file });
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
  filename({ filename: path }: Evaluated): string {
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

  private queueId({ queueId: id }: Evaluated): string {
    if (id === undefined || id === "") throw required("upload", "queueId");
    return readValue("upload", "queueId", "id", id) as string;
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
    const mapping = (this.config.mapping ?? [])
      .filter(({ column, field }) => column && field)
      .map(({ column, field }) => ({ column: column.normalize("NFC"), field }));
    for (const { field } of mapping) if (!isField(field)) throw wrong("member", "mapping", { name: field });
    return mapping;
  }

  private async defaults(message: Message): Promise<Default[]> {
    const defaults: Default[] = [];
    for (const { field, value, valueType } of this.config.defaults ?? []) {
      if (!field) continue;
      if (!isField(field)) throw wrong("member", "defaults", { name: field });
      const evaluated = await evaluate(
        this.RED,
        this.node,
        message,
        `defaults.${field}`,
        { value, type: valueType },
        "webitel",
      );
      if (evaluated !== undefined) defaults.push({ field, value: evaluated });
    }
    return defaults;
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

  /** When members without a time of their own expire; it has to be ahead. */
  private expireAt({ expiryValue }: Evaluated, expiry: Choices["expiry"], zone: string): number | undefined {
    if (expiry === "none") return undefined;
    if (expiry === "end-of-day") return endOfDay(Date.now(), zone);
    const at =
      expiry === "duration"
        ? Math.round(Date.now() + this.number("expiryDuration") * 60_000)
        : toMillis(expiryValue, zone);
    const field = expiry === "duration" ? "expiryDuration" : "expiryValue";
    if (at === undefined) throw wrong("local-time", field);
    if (at !== 0 && at <= Date.now()) throw wrong("past", field);
    return at;
  }
}
