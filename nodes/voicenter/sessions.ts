/** `msg.session`: shared by all Voicenter nodes, since the layers of one call may be served by several of them. */
import { CallSessions } from "../../lib/voicenter/sessions.js";

/** The sessions of this process; a deploy leaves them alone. */
export const sessions = new CallSessions();
