/** The two vendors that ask how to route a call, with a flow each that does what the caller's number says. */
import { REQUEST as ROUTING_REQUEST } from "../fixtures/smartrouting.js";
import { REQUEST as LAYER_REQUEST } from "../fixtures/voicenter.js";
import { code, node, probe } from "./flow.js";
import type { FlowNode } from "./node-red.js";
import { type Reply, send } from "./webhook.js";

/** The deadline of the in nodes under test, ms: long enough for a busy machine to answer a good call, short enough to wait for. */
export const DEADLINE_MS = 1200;

/** A vendor, as its in and out nodes see it. */
export interface RoutingVendor {
  name: "smartrouting" | "voicenter";
  /** A request whose caller has this number. */
  request(caller: string): object;
  /** What a good call gets. */
  good: { status: number; json: unknown };
  /** What a call gets that the flow does not answer. */
  fallback: { status: number; json: unknown };
  /** What the flow sends to answer well, and to answer badly. */
  goodPayload: object;
  badPayload: object;
}

/** Both vendors. */
export const ROUTING_VENDORS: readonly RoutingVendor[] = [
  {
    name: "smartrouting",
    request: (anum) => ({ ...ROUTING_REQUEST, anum }),
    good: { status: 200, json: { InitialTarget: "+3581012345" } },
    fallback: { status: 204, json: undefined },
    goodPayload: { InitialTarget: "+3581012345" },
    badPayload: { Priority: 99_999 },
  },
  {
    name: "voicenter",
    request: (CALLER_ID) => ({ ...LAYER_REQUEST, DATA: { ...LAYER_REQUEST.DATA, CALLER_ID } }),
    good: { status: 200, json: { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 12 } },
    fallback: { status: 200, json: { STATUS: 1 } },
    goodPayload: { ACTION: "GO_TO_LAYER", LAYER: 12 },
    badPayload: { ACTION: "GO_TO_LAYER", LAYER: "twelve" },
  },
];

/** What a caller's number makes the flow do. */
export type Caller = "good" | "silent" | "throws" | "bad" | "twice" | "late" | "loses-id";

/**
 * The flow of a vendor: in node `<name>-in` at `/<name>`, out node `<name>-out`, probe `<name>-fallback` behind output 2.
 * @param settings more settings of the in node
 */
export function routingFlow(vendor: RoutingVendor, settings: object = {}): FlowNode[] {
  const { name } = vendor;
  const inType = name === "smartrouting" ? "smartrouting-in" : "voicenter-layer-in";
  const outType = name === "smartrouting" ? "smartrouting-out" : "voicenter-layer-out";
  const behaviour = `
    const caller = msg.call.from;
    const good = ${JSON.stringify(vendor.goodPayload)};
    if (caller === "silent") return null;
    if (caller === "throws") throw new Error("the CRM is down");
    if (caller === "bad") { msg.payload = ${JSON.stringify(vendor.badPayload)}; return msg; }
    if (caller === "loses-id") return { payload: good };
    msg.payload = good;
    if (caller === "late") { setTimeout(() => node.send(msg), ${DEADLINE_MS + 100}); return null; }
    if (caller === "twice") return [[msg, RED.util.cloneMessage(msg)]];
    return msg;`;
  return [
    node(`${name}-in`, inType, { url: `/${name}`, auth: "none", deadline: DEADLINE_MS, ...settings }, [
      [`${name}-seen`],
      [`${name}-fallback`],
    ]),
    probe(`${name}-seen`, [[`${name}-flow`]]),
    code(`${name}-flow`, behaviour, [[`${name}-out`]]),
    node(`${name}-out`, outType, { action: "msg" }),
    probe(`${name}-fallback`),
  ];
}

/** Sends the request of a call. */
export function ring(
  url: string,
  vendor: RoutingVendor,
  caller: Caller,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return send(`${url}/${vendor.name}`, vendor.request(caller), { headers });
}
