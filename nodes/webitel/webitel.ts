/** The nodes of Webitel. */
import type { NodeAPI } from "node-red";
import { localZone } from "../../lib/webitel/time.js";
import { registerTypes } from "../shared/register.js";
import { WEBHOOK_CREDENTIALS } from "../shared/webhook/credentials.js";

export = (RED: NodeAPI): void =>
  registerTypes(RED, __dirname, {
    "webitel-connection": { credentials: { token: { type: "password" } }, hasTest: true },
    "webitel-create-call": {},
    "webitel-agents": {},
    "webitel-attempt-result": {},
    "webitel-dialer-member-upload": {
      settings: {
        // The form's example dates are those of this machine, not of the browser's. Asked for when the editor opens: the
        // first look at a time zone costs a process 8 MB.
        webitelDialerMemberUploadZone: {
          get value() {
            return localZone();
          },
          exportable: true,
        },
      },
    },
    "webitel-lookup-in": { credentials: WEBHOOK_CREDENTIALS },
    "webitel-lookup-out": {},
    "webitel-event-in": { credentials: WEBHOOK_CREDENTIALS },
  });
