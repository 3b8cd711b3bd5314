/** The nodes of Enreach SmartRouting. */
import type { NodeAPI } from "node-red";
import { registerTypes } from "../shared/register.js";
import { WEBHOOK_CREDENTIALS } from "../shared/webhook/credentials.js";

export = (RED: NodeAPI): void =>
  registerTypes(RED, __dirname, {
    "smartrouting-in": { credentials: WEBHOOK_CREDENTIALS },
    "smartrouting-out": {},
  });
