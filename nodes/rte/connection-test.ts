/** "Test connection" of `rte-connection`: goes the whole way in, step by step. */
import type { NodeAPI } from "node-red";
import { testConnection } from "../../lib/rte/connection-test.js";
import { type ConnectionTest, labelled } from "../shared/connection-test.js";
import { localize } from "../shared/input.js";
import { entitiesOf, loginOf, type ConnectionConfig, settingsProblem } from "./connection.js";

/** How a connection to Enreach RTE is tested. */
export function connectionTest(RED: NodeAPI): ConnectionTest {
  return {
    type: "rte-connection",
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
    async run(node, settings: ConnectionConfig, credentials, signal) {
      const problem = settingsProblem(RED, node, settings, credentials);
      if (problem) throw problem;
      const { done, failed, events } = await testConnection(loginOf(RED, node, settings, credentials), signal);
      const stepName = (step: string): string => RED._(`rte.step.${step}`);
      // Discovery sends no credentials: a status is of an address that is something else.
      const sentence = ({ step, error }: NonNullable<typeof failed>): string => {
        const { code } = error as { code?: unknown };
        return step === "discover" && (code === 401 || code === 403)
          ? RED._("rte-connection.test.discovery", { status: code })
          : localize(RED, labelled(RED, "rte-connection", error)).message;
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
}
