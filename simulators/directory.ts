/**
 * Who works in the invented contact centre. Both simulators of Enreach show it, so that an id that one shows means the same
 * queue or agent at the other. Ids are fixed, so that the example flows can name them.
 */

/** Somebody who answers. */
export interface Agent {
  id: string;
  name: string;
  /** User name. */
  email: string;
  number: string;
}
/** A queue in which callers wait. */
export interface Queue {
  id: string;
  name: string;
  number: string;
}

function agent(index: number, name: string): Agent {
  return {
    id: `6d1e9f0a-0c2b-4f7e-9a54-1b2c3d4e5f6${index}`,
    name,
    email: `${name.toLowerCase().replace(" ", ".")}@contoso.example`,
    number: `+35894200031${index}`,
  };
}
function queue(index: number, name: string, number: string): Queue {
  return { id: `b6d3f7f0-8a41-4c0e-8c1e-0e7b7d4a2c3${index}`, name, number };
}

/** Those who answer. */
export const AGENTS = ["Anna Berg", "Omar Haddad", "Carla Rossi", "David Lind", "Elena Popa", "Felix Maier"].map(
  (name, index) => agent(index + 1, name),
);
/** Where callers wait. */
export const QUEUES = [
  queue(1, "Sales", "+358942000100"),
  queue(2, "Support", "+358942000300"),
  queue(3, "Billing", "+358942000400"),
  queue(4, "VIP service", "+358942000200"),
];
/** A queue that the demo user of RTE may not see: subscriptions of it are refused. */
export const CLOSED_QUEUE = queue(9, "Board", "+358942000900");
