/** Flows for the nodes of this vendor, with every setting that matters named by the test. */
import type { CtiSimulator } from "../../simulators/cti/simulator.js";
import { catchProbe, inject, node, probe, tab } from "./flow.js";
import type { FlowNode, NodeRed } from "./node-red.js";

export const ANNA = "sip:anna.berg@contoso.example";
export const BART = "sip:bart.visser@contoso.example";
export const SECRET = "a-secret-of-the-test";

/** A `cti-broker`. */
export function broker(url: string, more: object = {}): FlowNode {
  return {
    id: "broker",
    type: "cti-broker",
    name: "",
    url,
    callbackUrl: "",
    enumStyle: "name",
    auth: "none",
    headerName: "",
    addressField: "ImAddress",
    callbackField: "CallbackUrl",
    tls: "",
    ...more,
  };
}

/** A `cti-command` between nothing and the probe `sent`. */
export function command(more: object = {}, id = "command"): FlowNode {
  return node(
    id,
    "cti-command",
    {
      broker: "broker",
      command: "",
      imAddress: "",
      imAddressType: "str",
      number: "",
      numberType: "str",
      heartbeat: 0,
      ...more,
    },
    [["sent"]],
  );
}

/** A `cti-event-in` with the probes `event` and `transfer`. */
export function eventIn(more: object = {}, id = "events"): FlowNode {
  return node(
    id,
    "cti-event-in",
    { url: "/cti", auth: "none", apiKeyHeader: "", networks: [], proxies: [], broker: "", unknown: "refuse", ...more },
    [["event"], ["transfer"]],
  );
}

/** A `cti-subscribe` with the probe `rows`. */
export function subscriber(agents: string[], more: object = {}, id = "subscribe"): FlowNode {
  return node(
    id,
    "cti-subscribe",
    {
      broker: "broker",
      eventNode: "events",
      callback: "",
      agents,
      renew: 0,
      active: "true",
      activeType: "bool",
      ...more,
    },
    [["rows"]],
  );
}

/** Events with a secret in the address, a subscriber for some agents, and probes. */
export function eventLoopFlow(simulator: CtiSimulator, red: NodeRed, agents: string[], more: object = {}): FlowNode[] {
  return [
    tab(),
    broker(simulator.url, { callbackUrl: red.url }),
    eventIn({ auth: "secret", credentials: { secret: SECRET } }),
    subscriber(agents, more),
    probe("rows"),
    probe("event"),
    probe("transfer"),
    ...catchProbe(),
  ];
}

/** Sends a message into a node by the button of an inject node before it. */
export async function pressInject(red: NodeRed, id: string): Promise<void> {
  const answer = await fetch(`${red.adminUrl}/inject/${id}`, { method: "POST" });
  if (!answer.ok) throw new Error(`inject ${id} answered ${answer.status}`);
}

/** An inject node in front of a node. */
export function button(id: string, target: string, message: Record<string, unknown>): FlowNode {
  return inject(id, message, [[target]]);
}

/** Addresses that the broker holds subscriptions for, sorted. */
export function held(simulator: CtiSimulator): string[] {
  return simulator
    .state()
    .subscriptions.map((subscription) => subscription.address)
    .sort();
}

/** The flow with other settings for one node. */
export function withSettings(flows: readonly FlowNode[], id: string, settings: object): FlowNode[] {
  return flows.map((one) => (one.id === id ? Object.assign({}, one, settings) : one));
}
