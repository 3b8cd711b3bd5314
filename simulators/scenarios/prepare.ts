/** A flow file as it is tested: what acts by itself is quiet, and every vendor is a simulator. Pure. */
import { DEMO_CTI_CREDENTIALS } from "../cti/simulator.js";
import { DEMO, DEMO_RTE_CREDENTIALS } from "../rte/seed-data.js";
import { WEBITEL_DEMO_TOKEN } from "../webitel/simulator.js";
import type { FlowNode } from "./model.js";

/** What a flow finds around it. */
export interface Surroundings {
  nodeRedUrl: string;
  /** Addresses of the simulators that listen. */
  simulators: Readonly<Partial<Record<"rte" | "cti" | "webitel", string>>>;
  environment: Readonly<Record<string, string>>;
}

/** What the pack's webhook nodes want to see in a test, whatever they want elsewhere: no key of a real platform is needed. */
export const TEST_SECRET = "contact-center-test";
/** A tab for nodes that were exported without one. */
const TAB = "contact-center-test-tab";

/** The pack's nodes that are asked or told from outside. */
export const WEBHOOK_TYPES = [
  "smartrouting-in",
  "voicenter-layer-in",
  "webitel-lookup-in",
  "webitel-event-in",
  "cti-event-in",
];
/** Config nodes of the vendors that are called, and the simulator of each. */
export const CONNECTION_TYPES = {
  "rte-connection": "rte",
  "cti-broker": "cti",
  "webitel-connection": "webitel",
} as const;

type Change = (around: Surroundings) => Readonly<Record<string, unknown>>;

const webhook: Change = () => ({ auth: "secret", networks: [], proxies: [], credentials: { secret: TEST_SECRET } });

/** Settings that are others in a test, by type. */
const CHANGES: Readonly<Record<string, Change>> = {
  // A button fires when a step presses it, and at no other time.
  inject: () => ({ repeat: "", crontab: "", once: false }),
  "mqtt-broker": () => ({ autoConnect: false }),
  ...Object.fromEntries(WEBHOOK_TYPES.map((type) => [type, webhook])),
  // An event that a test posts is of no subscription here.
  "cti-event-in": (around) => ({ ...webhook(around), unknown: "pass" }),
  "rte-connection": ({ simulators }) => ({
    auth: "enreach",
    email: DEMO.email,
    discoveryUrl: `${simulators.rte}/api/user`,
    apiUrl: "",
    tls: "",
    credentials: { ...DEMO_RTE_CREDENTIALS },
  }),
  "cti-broker": ({ simulators, nodeRedUrl }) => ({
    url: simulators.cti,
    callbackUrl: nodeRedUrl,
    auth: "basic",
    addressField: "ImAddress",
    callbackField: "CallbackUrl",
    tls: "",
    credentials: { ...DEMO_CTI_CREDENTIALS },
  }),
  "webitel-connection": ({ simulators }) => ({
    url: simulators.webitel,
    tls: "",
    credentials: { token: WEBITEL_DEMO_TOKEN },
  }),
};

/** The flow as a test deploys it. */
export function prepareFlows(flows: readonly FlowNode[], around: Surroundings): FlowNode[] {
  const places = new Set(flows.filter(({ type }) => type === "tab" || type === "subflow").map(({ id }) => id));
  const prepared = flows.map((node) => {
    const changed = { ...node, ...CHANGES[node.type]?.(around) };
    if (Array.isArray(node["env"]))
      changed["env"] = node["env"].map((each: unknown) => given(each, around.environment));
    if (node["x"] !== undefined && !places.has(String(node["z"])) && node.type !== "subflow") changed["z"] = TAB;
    return changed;
  });
  if (!prepared.some((node) => node["z"] === TAB)) return prepared;
  return [{ id: TAB, type: "tab", label: "Test", disabled: false, info: "", env: [] }, ...prepared];
}

/** A variable of a tab, group or subflow; what a scenario gives wins. */
function given(variable: unknown, environment: Readonly<Record<string, string>>): unknown {
  const { name } = (variable ?? {}) as { name?: unknown };
  const value = typeof name === "string" && Object.hasOwn(environment, name) ? environment[name] : undefined;
  return value === undefined ? variable : { name, type: "str", value };
}
