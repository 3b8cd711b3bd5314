/** "Test connection" of `webitel-connection`: reads one agent, which changes nothing. */
import type { NodeAPI } from "node-red";
import type { ConnectionTest } from "../shared/connection-test.js";
import { clientOf } from "./connection.js";

/** How a Webitel is tested. */
export function connectionTest(RED: NodeAPI): ConnectionTest {
  return {
    type: "webitel-connection",
    settings: { url: "text", tls: "text" },
    credentials: ["token"],
    places: () => ["url", "tls"],
    async run(node, settings, credentials, signal) {
      const client = clientOf(RED, node, settings, credentials);
      try {
        await client.test(signal);
        return { ok: true, message: RED._("webitel-connection.test.works") };
      } finally {
        client.close();
      }
    },
  };
}
