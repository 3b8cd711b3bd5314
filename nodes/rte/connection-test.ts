/** "Test connection" of the dialog: an admin endpoint that goes the whole way in with the settings as they stand in the form. */
import type { NodeAPI } from "node-red";
import { tryConnection } from "../../lib/rte/connection-test.js";
import { localize } from "../shared/input.js";
import {
  accessOf,
  type ConnectionConfig,
  type ConnectionCredentials,
  missingSetting,
  type RteConnection,
} from "./connection.js";

/** Where the dialog asks, below the admin root. */
const PATH = "/contact-center/rte/test";
/** What the editor shows for a credential that is stored already. */
const STORED = "__PWRD__";
/** Milliseconds for a whole trial. */
const LIMIT_MS = 30_000;

/** What the dialog sends. */
interface Question extends ConnectionConfig {
  id?: string;
  credentials?: ConnectionCredentials;
}

/** A stored credential goes only where it was deployed for: an address that was just typed in must not fetch it. */
function isSameWay(deployed: ConnectionConfig | undefined, asked: ConnectionConfig): boolean {
  const places = asked.auth === "enreach" ? (["discoveryUrl", "apiUrl"] as const) : (["url"] as const);
  return places.every((place) => (deployed?.[place] ?? "") === (asked[place] ?? ""));
}

function credentialsOf(RED: NodeAPI, question: Question): ConnectionCredentials {
  const { id = "", credentials = {} } = question;
  const node = RED.nodes.getNode(id) as Partial<RteConnection> | null;
  const stored = isSameWay(node?.deployed, question) ? (node?.credentials ?? {}) : {};
  const pick = (name: keyof ConnectionCredentials): string => {
    const given = credentials[name];
    return given === undefined || given === STORED ? (stored[name] ?? "") : given;
  };
  return { token: pick("token"), secretKey: pick("secretKey"), password: pick("password") };
}

/** Serves the endpoint to users who may change the connection; its answer is steps and sentences, never a secret. */
export function serveTrial(RED: NodeAPI): void {
  RED.httpAdmin.post(PATH, RED.auth.needsPermission("rte-connection.write"), (request, response) => {
    const question = (request.body ?? {}) as Question;
    const node = RED.nodes.getNode(question.id ?? "");
    const credentials = credentialsOf(RED, question);
    const field = missingSetting(RED, node, question, credentials);
    if (field !== undefined) {
      response.json({ done: [], failed: { step: "settings", sentence: RED._("rte.errors.untested", { field }) } });
      return;
    }
    const limit = AbortSignal.timeout(LIMIT_MS);
    void tryConnection(accessOf(RED, node, question, credentials), limit).then(({ done, failed, events }) => {
      response.json({
        done,
        events,
        ...(failed && { failed: { step: failed.step, sentence: localize(RED, failed.error).message } }),
      });
    });
  });
}
