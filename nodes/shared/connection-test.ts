/** "Test connection" of a connection's dialog: tries the settings as they stand in the open dialog. */
import type { Node, NodeAPI, NodeDef } from "node-red";
import { ContactCenterError, placeholders } from "../../lib/core/errors.js";
import { isRecord } from "../../lib/core/values.js";
import { localize } from "./input.js";
import type { TestReport } from "./editor/test-report.js";
import { enteredCredentials } from "./variables.js";

/** What the editor shows in place of a stored password. */
const STORED = "__PWRD__";
/** Milliseconds for a whole test. */
const LIMIT_MS = 30_000;

/** Settings or credentials by name. */
type Texts = Readonly<Record<string, string>>;

/** How the connections of one type are tested. */
export interface ConnectionTest {
  /** The config node's type; its endpoint is `/contact-center/<type>/test`. */
  type: string;
  /** Its settings, each a free text or one of a few words. */
  settings: Readonly<Record<string, "text" | readonly string[]>>;
  credentials: readonly string[];
  /** The settings that decide where credentials go and who can read them there. */
  places: (settings: Texts) => readonly string[];
  /**
   * The fields to compare where the server refused the credentials (401) or has nothing at this path (404).
   * @param filled the credentials that are not empty
   * @param operation what was refused or not found; undefined before anything was asked
   * @returns undefined where no field of the dialog decides it
   */
  decisive: (
    settings: Texts,
    filled: readonly string[],
    operation?: string,
  ) => Readonly<Record<"credentials" | "addresses", readonly string[]>> | undefined;
  /**
   * Tries the settings.
   * @param node whose environment variables are seen
   * @param signal ends the test
   * @throws ContactCenterError the sentence of which is the report
   */
  run(node: Node, settings: Texts, credentials: Texts, signal: AbortSignal): Promise<TestReport>;
}

/** What the dialog asks. */
interface Question {
  id: string;
  settings: Texts;
  credentials: Texts;
}

/** The answer to what a dialog asks: a report, or 400 for what no dialog sends. It never rejects. */
export async function answerTest(
  RED: NodeAPI,
  test: ConnectionTest,
  body: unknown,
): Promise<{ status: number; body: TestReport }> {
  const question = questionOf(test, body);
  return question === undefined
    ? { status: 400, body: { ok: false, message: RED._("shared.test.malformed") } }
    : { status: 200, body: await reportOf(RED, test, question) };
}

/** The question, if every part of it has the shape that a dialog gives it. */
function questionOf({ settings, credentials }: ConnectionTest, body: unknown): Question | undefined {
  if (!isRecord(body)) return undefined;
  const { id = "" } = body;
  const asked = textsOf(body["settings"], Object.keys(settings));
  const given = textsOf(body["credentials"], credentials);
  if (typeof id !== "string" || asked === undefined || given === undefined) return undefined;
  const isWrong = Object.entries(settings).some(
    ([name, choices]) => choices !== "text" && name in asked && !choices.includes(asked[name] as string),
  );
  return isWrong ? undefined : { id, settings: asked, credentials: given };
}

/** The known names of an object of texts; undefined for anything else. */
function textsOf(value: unknown, names: readonly string[]): Record<string, string> | undefined {
  if (value === undefined) return {};
  if (!isRecord(value) || Object.values(value).some((text) => typeof text !== "string")) return undefined;
  return Object.fromEntries(Object.entries(value as Texts).filter(([name]) => names.includes(name)));
}

async function reportOf(RED: NodeAPI, test: ConnectionTest, question: Question): Promise<TestReport> {
  const { credentials, withheld } = withStored(RED, test, question);
  const notSent = (field: string): TestReport => ({
    ok: false,
    message: RED._("shared.test.withheld", { field: labelOf(RED, test.type, field) }),
  });
  // What a server says to half of the credentials, such as a user name without its password, says nothing of them.
  const needed = test.decisive(question.settings, [...Object.keys(credentials), ...withheld])?.credentials;
  const missing = withheld.find((name) => needed?.includes(name));
  if (missing !== undefined) return notSent(missing);
  const limit = AbortSignal.timeout(LIMIT_MS);
  const tooLong = new Promise<TestReport>((resolve) =>
    limit.addEventListener("abort", () => resolve({ ok: false, message: RED._("shared.test.timeout") })),
  );
  try {
    // Only its flow is asked for: without a deployed node, the process's environment is seen.
    const node = RED.nodes.getNode(question.id) ?? ({} as Node);
    return await Promise.race([test.run(node, question.settings, credentials, limit), tooLong]);
  } catch (error) {
    const [field] = withheld;
    if (field !== undefined && isAboutCredentials(error, test)) return notSent(field);
    return { ok: false, message: testSentence(RED, test, error, question.settings, credentials) };
  }
}

/** What an answer is about, by its status. */
const COMPARED: Readonly<Record<string, "credentials" | "addresses">> = { 401: "credentials", 404: "addresses" };

/**
 * The sentence of a test that failed, in the words of its dialog.
 * @param settings what was tried
 * @param credentials what was tried
 */
export function testSentence(
  RED: NodeAPI,
  { type, decisive }: Pick<ConnectionTest, "type" | "decisive">,
  error: unknown,
  settings: Texts,
  credentials: Texts,
): string {
  const [, status = ""] = /^shared\.errors\.http\.(\d+)$/.exec((error as Partial<ContactCenterError>).key ?? "") ?? [];
  const about = COMPARED[status];
  if (error instanceof ContactCenterError && about !== undefined) {
    const fields = decisive(settings, Object.keys(credentials), error.cause.operation)?.[about];
    const named = fields?.map((field) => `"${labelOf(RED, type, field)}"`).join(", ");
    if (named !== undefined) return RED._(`shared.test.${about}`, { ...placeholders(error), fields: named });
  }
  return localize(RED, labelled(RED, type, error)).message;
}

/** The label of a field of the dialog; the field itself where it has none. */
function labelOf(RED: NodeAPI, type: string, field: string): string {
  const label = RED._(`${type}.form.${field}`);
  return label.startsWith(`${type}.form.`) ? field : label;
}

/** An error that names its field by the label that the dialog shows. */
function labelled(RED: NodeAPI, type: string, error: unknown): unknown {
  if (!(error instanceof ContactCenterError) || error.cause.field === undefined) return error;
  const field = labelOf(RED, type, error.cause.field);
  error.cause.field = field;
  if ("field" in error.params) error.params["field"] = field;
  return error;
}

/** True when a credential is missing or wrong. */
function isAboutCredentials(error: unknown, { credentials }: ConnectionTest): boolean {
  if (!(error instanceof ContactCenterError)) return false;
  return error.code === 401 || credentials.includes(error.cause.field ?? "");
}

/**
 * What was entered, else what is stored. A stored credential goes only where it was deployed for: an address that was just entered must
 * not fetch it.
 */
function withStored(
  RED: NodeAPI,
  { type, credentials: names, places }: ConnectionTest,
  { id, settings, credentials }: Question,
): { credentials: Record<string, string>; withheld: string[] } {
  const deployed = deployedConfig(RED, id, type);
  const isSamePlace =
    deployed !== undefined && places(settings).every((name) => (deployed[name] ?? "") === (settings[name] ?? ""));
  const owner = deployed && RED.nodes.getNode(id);
  const stored: Partial<Texts> = owner ? enteredCredentials(RED, owner) : {};
  const found: Record<string, string> = {};
  const withheld: string[] = [];
  for (const name of names) {
    const entered = credentials[name] ?? STORED;
    const text = entered === STORED ? stored[name] : entered;
    if (!text) continue;
    if (entered === STORED && !isSamePlace) withheld.push(name);
    else found[name] = text;
  }
  return { credentials: found, withheld };
}

/** A config node of this type as it was deployed. */
function deployedConfig(RED: NodeAPI, id: string, type: string): Record<string, unknown> | undefined {
  let found: NodeDef | undefined;
  RED.nodes.eachNode((config) => {
    if (config.id === id && config.type === type) found = config;
  });
  return found as Record<string, unknown> | undefined;
}
