/** What Node-RED keeps for every webhook node, and shows as a password. */
import type { WebhookCredentials } from "../../../lib/webhook/credentials.js";

/** Handed to `registerTypes`. */
export const WEBHOOK_CREDENTIALS = {
  apiKey: { type: "password" },
  apiKey2: { type: "password" },
  username: { type: "text" },
  password: { type: "password" },
  password2: { type: "password" },
  secret: { type: "password" },
  secret2: { type: "password" },
} as const satisfies Record<keyof WebhookCredentials, { type: "text" | "password" }>;
