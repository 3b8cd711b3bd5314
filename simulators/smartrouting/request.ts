/** What the platform sends for an inbound call (vendor guide, "SmartRouting Request" and "Request Extra Data"). */
import { randomBytes, randomUUID } from "node:crypto";
import { AUTHS, type Member, type RingInput } from "./state.js";

/** A request, ready to be sent. */
interface RoutingRequest {
  callId: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

/**
 * Builds the request.
 * @param input what the phone dials
 * @param queue the queue that was called, when the directory knows it
 * @throws Error with a sentence for the page
 */
export function routingRequest(input: RingInput, queue: Member | undefined): RoutingRequest {
  const callId = randomUUID();
  const { from = "", to = "", tag = "", extraData = true, internal = false, parameters = {}, extra = {} } = input;
  const dynamic = Object.entries(parameters).map(([name, value]) => [`DYN_PAR_${name}`, value]);
  return {
    callId,
    headers: credentials(input),
    body: {
      anum: from,
      bnum: to,
      ...(tag !== "" && { targetid: tag }),
      ...(extraData && {
        extradata: {
          CallId: callId,
          LegId: `${randomBytes(16).toString("hex")}@127.0.0.1_br1`,
          CurrQueueId: queue?.guid ?? "",
          CurrUserId: "",
          IsInternalCaller: internal,
          ...(Object.fromEntries(dynamic) as Record<string, string>),
          ...extra,
        },
      }),
    },
  };
}

function credentials({ auth = "none", apiKey = "", username = "", password = "" }: RingInput): Record<string, string> {
  if (!AUTHS.includes(auth)) throw new Error(`The platform knows ${AUTHS.join(", ")} as authentication.`);
  if (auth === "apikey") return { "X-Benemen-APIKey": apiKey };
  if (auth === "basic") return { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
  return {};
}
