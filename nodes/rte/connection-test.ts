/** "Test connection" of `rte-connection`: goes the whole way in, step by step. */
import type { NodeAPI } from "node-red";
import { testConnection } from "../../lib/rte/connection-test.js";
import type { Step } from "../../lib/rte/login.js";
import { type ConnectionTest, testSentence } from "../shared/connection-test.js";
import { entitiesOf, loginOf, settingsProblem } from "./connection.js";

/** The steps before the hub. */
const ASKED_OF_ENREACH: readonly string[] = ["discover", "secret", "user", "token"] satisfies Step[];

/** How a connection to Enreach RTE is tested. */
export function connectionTest(RED: NodeAPI): ConnectionTest {
  const test: ConnectionTest = {
    type: "rte-connection",
    decisive({ auth, apiUrl }, filled, operation) {
      if (auth !== "enreach") return { credentials: ["token"], addresses: ["url"] };
      // What the hub says of a fresh token, and at the address that Enreach named, is about no field.
      if (operation !== undefined && !ASKED_OF_ENREACH.includes(operation)) return undefined;
      const addresses = operation !== "discover" && apiUrl ? ["apiUrl"] : ["discoveryUrl"];
      return { credentials: ["email", filled.includes("secretKey") ? "secretKey" : "password"], addresses };
    },
    settings: {
      auth: ["token", "enreach"],
      url: "text",
      email: "text",
      discoveryUrl: "text",
      apiUrl: "text",
      tls: "text",
    },
    credentials: ["token", "secretKey", "password"],
    places: ({ auth }) => (auth === "enreach" ? ["discoveryUrl", "apiUrl", "tls"] : ["url", "tls"]),
    async run(node, settings, credentials, signal) {
      const problem = settingsProblem(RED, node, settings, credentials);
      if (problem) throw problem;
      const { done, failed, events } = await testConnection(loginOf(RED, node, settings, credentials), signal);
      const stepName = (step: string): string => RED._(`rte.step.${step}`);
      // Discovery sends no credentials: a status is of an address that is something else.
      const sentence = ({ step, error }: NonNullable<typeof failed>): string => {
        const { code } = error as { code?: unknown };
        return step === "discover" && (code === 401 || code === 403)
          ? RED._("rte-connection.test.discovery", { status: code })
          : testSentence(RED, test, error, settings, credentials);
      };
      const ids = failed ? {} : await entitiesOf(RED, node, settings, credentials, signal);
      return {
        ok: failed === undefined,
        ids,
        message: failed
          ? `${stepName(failed.step)}: ${sentence(failed)}`
          : RED._("rte-connection.test.works", { count: events ?? 0 }),
        steps: done.map(stepName),
      };
    },
  };
  return test;
}
