/** The nodes of the Voicenter External Layer. */
import type { NodeAPI } from "node-red";
import { registerTypes } from "../shared/register.js";
import { WEBHOOK_CREDENTIALS } from "../shared/webhook/credentials.js";

export = (RED: NodeAPI): void =>
  registerTypes(RED, __dirname, {
    "voicenter-layer-in": { credentials: WEBHOOK_CREDENTIALS },
    "voicenter-layer-out": {},
  });
