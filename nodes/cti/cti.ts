/** The nodes of the Anywhere365 CTI Broker. */
import type { NodeAPI } from "node-red";
import { registerTypes } from "../shared/register.js";
import { WEBHOOK_CREDENTIALS } from "../shared/webhook/credentials.js";

export = (RED: NodeAPI): void =>
  registerTypes(RED, __dirname, {
    "cti-broker": {
      credentials: {
        username: { type: "text" },
        password: { type: "password" },
        token: { type: "password" },
        headerValue: { type: "password" },
      },
      hasTest: true,
    },
    "cti-command": {},
    "cti-subscribe": {},
    "cti-event-in": { credentials: WEBHOOK_CREDENTIALS },
  });
