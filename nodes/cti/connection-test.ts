/** The "test broker" button: tries the settings of the open dialog, and says in words what came of it. */
import type { NodeAPI } from "node-red";
import { ContactCenterError } from "../../lib/core/errors.js";
import { localize } from "../shared/input.js";
import { envText } from "../shared/values.js";
import { type BrokerConfig, type BrokerCredentials, clientOf, type CtiBroker } from "./connection.js";

/** Below the editor's address. */
const TEST_PATH = "/contact-center/cti-broker/test";

/** What the dialog sends: unsaved settings, and credentials where they were typed anew. */
interface TestRequest {
  /** Of the saved node; its credentials stand in for those that were not typed anew. */
  id?: string;
  settings?: Partial<BrokerConfig>;
  credentials?: BrokerCredentials;
}

/** What the dialog shows. */
export interface TestReport {
  ok: boolean;
  message: string;
}

/** What the editor shows in place of a saved password. */
const SAVED = "__PWRD__";
const CREDENTIALS = ["username", "password", "token", "headerValue"] as const;

interface AdminResponse {
  json(body: object): void;
}

/** Serves the button; asks for the right to change this node type. */
export function serveBrokerTest(RED: NodeAPI): void {
  RED.httpAdmin.post(
    TEST_PATH,
    RED.auth.needsPermission("cti-broker.write"),
    (request: { body?: unknown }, response: AdminResponse) => {
      void testBroker(RED, (request.body ?? {}) as TestRequest).then((report) => response.json(report));
    },
  );
}

async function testBroker(RED: NodeAPI, { id, settings = {}, credentials = {} }: TestRequest): Promise<TestReport> {
  const saved = (id ? RED.nodes.getNode(id) : null) as CtiBroker | null;
  // Only its flow is asked for: without one, the process's environment is seen.
  const node = saved ?? ({} as CtiBroker);
  const url = envText(RED, node, settings.url ?? "").trim();
  try {
    // Saved credentials go to the saved address only: the test must not carry them to another one.
    const stored = saved?.url === url ? saved.credentials : {};
    await clientOf(RED, node, settings, credentialsOf(credentials, stored)).test();
    return { ok: true, message: RED._("cti-broker.test.ok", { url }) };
  } catch (error) {
    if (
      error instanceof ContactCenterError &&
      typeof error.code === "number" &&
      error.code !== 401 &&
      error.code !== 403
    ) {
      return { ok: false, message: RED._("cti-broker.test.status", { url, status: String(error.code) }) };
    }
    return { ok: false, message: localize(RED, error).message };
  }
}

/** What was typed anew, else what is saved. */
function credentialsOf(typed: BrokerCredentials, stored: BrokerCredentials = {}): BrokerCredentials {
  const entries = CREDENTIALS.map(
    (name) => [name, typed[name] === undefined || typed[name] === SAVED ? stored[name] : typed[name]] as const,
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== ""));
}
