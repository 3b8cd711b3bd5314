/** "Test connection" of `webitel-connection`: reads the beginning of several lists, which changes nothing. */
import type { NodeAPI } from "node-red";
import { type ConnectionTest, testSentence } from "../shared/connection-test.js";
import { ContactCenterError } from "../../lib/core/errors.js";
import { envText } from "../shared/variables.js";
import { clientOf } from "./connection.js";

/** How a Webitel is tested. */
export function connectionTest(RED: NodeAPI): ConnectionTest {
  const test: ConnectionTest = {
    type: "webitel-connection",
    settings: { url: "text", tls: "text" },
    credentials: ["token"],
    places: () => ["url", "tls"],
    decisive: () => ({ credentials: ["token"], addresses: ["url"] }),
    async run(node, settings, credentials, signal) {
      const client = clientOf(RED, node, settings, credentials);
      try {
        const results = await client.testReads(signal);
        const words = (operation: string): string => RED._(`webitel-connection.test.${operation}`);
        const sentence = (key: string, operation: string): string =>
          RED._(`webitel-connection.test.${key}`, { operation: words(operation) });
        const steps = results.filter(({ allowed }) => allowed).map(({ operation }) => sentence("allowed", operation));
        const missing = results.filter(({ allowed }) => !allowed).map(({ operation }) => operation);
        const seen = (operation: string) => results.find((each) => each.operation === operation)?.items ?? [];
        const ids = {
          agents: seen("SearchAgent"),
          queues: seen("SearchQueue"),
          types: seen("SearchCommunicationType"),
        };
        return missing.length === 0
          ? { ok: true, message: RED._("webitel-connection.test.works"), steps, ids }
          : {
              ok: false,
              ids,
              message: RED._("webitel-connection.test.forbidden", { operation: missing.map(words).join(", ") }),
              steps,
            };
      } catch (error) {
        // What answers elsewhere is not the API; a server that cannot be reached has another cause.
        const { code } = error as ContactCenterError;
        const isAnswered = code === "EANSWER" || typeof code === "number";
        const url = envText(RED, node, settings["url"] ?? "", {
          vendor: "webitel",
          operation: "connect",
          field: "url",
        });
        if (!isAnswered || /\/api\/*\s*$/.test(url)) throw error;
        const why = code === 401 ? ` ${testSentence(RED, test, error, settings, credentials)}` : "";
        return { ok: false, message: RED._("webitel-connection.test.api") + why };
      } finally {
        client.close();
      }
    },
  };
  return test;
}
