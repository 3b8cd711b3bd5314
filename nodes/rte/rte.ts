/** The nodes of Enreach RTE. */
import type { NodeAPI } from "node-red";
import { registerTypes } from "../shared/register.js";

export = (RED: NodeAPI): void =>
  registerTypes(RED, __dirname, {
    "rte-connection": {
      credentials: { token: { type: "password" }, secretKey: { type: "password" }, password: { type: "password" } },
      hasTest: true,
    },
    "rte-subscribe": {},
  });
