/**
 * A simulator for the Anywhere365 CTI Broker (vendor document "CTI Broker REST API"): commands, subscriptions, callbacks,
 * and a contact centre with a few agents behind them.
 */
import { createServer } from "node:http";
import type { EnumStyle } from "../../lib/cti/tables.js";
import { listen } from "../listen.js";
import type { Simulator } from "../simulator.js";
import { createActions } from "./actions.js";
import { type ApiOptions, CtiApi } from "./api.js";
import { Behaviour } from "./behaviour.js";
import { burst, type BurstInput, type BurstReport } from "./burst.js";
import { Deliveries } from "./delivery.js";
import type { CtiState, Faults } from "./state.js";
import { type AgentEvent, Switchboard } from "./switchboard.js";

/** Agents of the demo. */
export const DEMO_AGENTS = [
  "sip:anna.berg@contoso.example",
  "sip:bart.visser@contoso.example",
  "sip:carla.meyer@contoso.example",
] as const;
/** Credentials of the demo's `cti-broker`. */
export const DEMO_CTI_CREDENTIALS = { username: "demo", password: "demo" } as const;

/** How to start it. */
export interface CtiSimulatorOptions extends ApiOptions {
  /** 0 or absent: a free port. */
  port?: number;
  agents?: readonly string[];
  /** How events write enumerations; numbers by default, as in the vendor's tables. */
  enumStyle?: EnumStyle;
}

/** The simulator. */
export interface CtiSimulator extends Simulator {
  readonly name: "cti";
  readonly url: string;
  readonly port: number;
  readonly switchboard: Switchboard;
  readonly deliveries: Deliveries;
  /** May be changed at any time. */
  readonly faults: Faults;
  readonly behaviour: Behaviour;
  /** Every request that came in, refused ones included: operation and body. */
  readonly requests: { operation: string; body: unknown }[];
  state(): CtiState;
  /** Posts an event. */
  send(event: AgentEvent): Promise<void>;
  burst(input: BurstInput): Promise<BurstReport>;
}

/** Starts the simulator. */
export async function startCtiSimulator(options: CtiSimulatorOptions = {}): Promise<CtiSimulator> {
  const { agents = DEMO_AGENTS, enumStyle = "number" } = options;
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const deliveries = new Deliveries(changed);
  deliveries.enumStyle = enumStyle;
  const switchboard = new Switchboard(agents, (event) => {
    changed();
    void deliveries.deliver(event);
  });
  const faults: Faults = { slowMs: 0, refuse: 0, refuseStatus: 500, lose: 0 };
  const behaviour = new Behaviour();
  const closing = new AbortController();
  const targets = { switchboard, deliveries, faults, behaviour, changed };
  const api = new CtiApi(targets, options, closing.signal);
  const server = createServer((request, response) => void api.handle(request, response));
  const port = await listen(server, options.port);
  const url = `http://127.0.0.1:${port}`;
  const send = (event: AgentEvent): Promise<void> => deliveries.deliver(event);
  const startBurst = (input: BurstInput): Promise<BurstReport> =>
    burst(
      input,
      switchboard.agents.map((agent) => agent.address),
      send,
      closing.signal,
    );

  return {
    name: "cti",
    url,
    port,
    switchboard,
    deliveries,
    faults,
    behaviour,
    requests: api.requests,
    send,
    burst: startBurst,
    state: () => ({
      url,
      enumStyle: deliveries.enumStyle,
      kind: behaviour.kind,
      faults: { ...faults },
      agents: switchboard.agents.map((agent) => ({ ...agent })),
      calls: switchboard.list(),
      subscriptions: deliveries.list(),
      commands: api.commands.toReversed(),
      deliveries: deliveries.log.toReversed(),
    }),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    actions: createActions({ ...targets, burst: startBurst }),
    async close() {
      closing.abort();
      deliveries.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
