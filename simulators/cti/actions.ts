/** The buttons of the simulator's panel. */
import { plain } from "./api.js";
import type { Behaviour } from "./behaviour.js";
import type { BurstInput, BurstReport } from "./burst.js";
import type { Deliveries } from "./delivery.js";
import type { Simulator } from "../simulator.js";
import { BROKER_KINDS, type BrokerKind, type Faults } from "./state.js";
import type { Switchboard } from "./switchboard.js";

/** What the buttons act on. */
export interface ActionTargets {
  switchboard: Switchboard;
  deliveries: Deliveries;
  faults: Faults;
  behaviour: Behaviour;
  burst: (input: BurstInput) => Promise<BurstReport>;
  /** Called after a change that neither switchboard nor deliveries report. */
  changed: () => void;
}

/** The actions by name. What they throw is a sentence for the page. */
export function createActions(targets: ActionTargets): Simulator["actions"] {
  const { switchboard, deliveries, faults, behaviour, burst, changed } = targets;
  return {
    login: ({ agent }) => switchboard.login(plain(agent)),
    logout: ({ agent }) => switchboard.logout(plain(agent)),
    refuseLogin({ agent, refuse }) {
      const known = switchboard.agent(agent);
      if (known) known.refusesLogin = refuse === true;
      changed();
    },
    ring: ({ agent, ani, session }) =>
      switchboard.ring(agent, plain(ani), session === "Outbound" ? "Outbound" : "Inbound"),
    answer: ({ id }) => switchboard.answer(id),
    hold: ({ id }) => switchboard.hold(id),
    retrieve: ({ id, agent }) => switchboard.retrieve(id, agent),
    transfer: ({ id, to, works }) => switchboard.transfer(id, to, works !== false),
    hangup: ({ id }) => switchboard.hangup(id),
    forget() {
      deliveries.forget();
      changed();
    },
    fault(input) {
      for (const name of Object.keys(faults) as (keyof Faults)[])
        if (typeof input[name] === "number") faults[name] = input[name];
      changed();
    },
    kind({ kind }) {
      if (BROKER_KINDS.includes(kind as BrokerKind)) behaviour.kind = kind as BrokerKind;
      changed();
    },
    enumStyle({ style }) {
      deliveries.enumStyle = style === "name" ? "name" : "number";
      changed();
    },
    burst: ({ rate, seconds }) => burst({ rate: Number(rate), seconds: Number(seconds) }),
  };
}
