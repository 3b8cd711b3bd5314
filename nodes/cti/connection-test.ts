/** "Test connection" of `cti-broker`: one request that changes nothing. */
import type { NodeAPI } from "node-red";
import { AUTHENTICATION, type AuthKind } from "../../lib/cti/client.js";
import { ContactCenterError } from "../../lib/core/errors.js";
import type { ConnectionTest } from "../shared/connection-test.js";
import { envText } from "../shared/variables.js";
import { type BrokerConfig, clientOf } from "./connection.js";

/** The fields that a refusal of credentials is about. */
const FIELDS: Readonly<Record<AuthKind, readonly string[]>> = {
  none: ["auth"],
  basic: ["username", "password"],
  bearer: ["token"],
  header: ["headerName", "headerValue"],
};

/** How a CTI Broker is tested. */
export function connectionTest(RED: NodeAPI): ConnectionTest {
  return {
    type: "cti-broker",
    settings: {
      url: "text",
      tls: "text",
      auth: Object.keys(AUTHENTICATION),
      headerName: "text",
      enumStyle: ["name", "number"],
      addressField: "text",
      callbackField: "text",
    },
    credentials: ["username", "password", "token", "headerValue"],
    places: () => ["url", "tls"],
    decisive: ({ auth = "none" }) => ({ credentials: FIELDS[auth as AuthKind], addresses: ["url"] }),
    async run(node, settings: Partial<BrokerConfig>, credentials) {
      const url = envText(RED, node, settings.url ?? "", {
        vendor: "anywhere365",
        operation: "test",
        field: "url",
      }).trim();
      try {
        await clientOf(RED, node, settings, credentials).test();
        return {
          ok: true,
          isDoubtful: true,
          message: RED._(`cti-broker.test.${(settings.auth ?? "none") === "none" ? "open" : "works"}`, { url }),
        };
      } catch (error) {
        const status = error instanceof ContactCenterError ? error.code : undefined;
        if (typeof status !== "number" || status === 401 || status === 403) throw error;
        return { ok: false, message: RED._("cti-broker.test.status", { url, status: String(status) }) };
      }
    },
  };
}
