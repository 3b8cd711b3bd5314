/** Who works in the simulator's contact centre. Ids are fixed, so that the example flows can name them. */

/** What opens the simulator: for the config node's settings and credentials. */
export const DEMO = { email: "demo@contoso.example", secretKey: "demo-secret-key", password: "demo-password" } as const;

/** The credentials of the config nodes in the examples. */
export const DEMO_RTE_CREDENTIALS = { secretKey: DEMO.secretKey } as const;

/** An organisation has one id. */
export const ORGANIZATION_ID = "f3b0c2d4-1111-4222-8333-444455556666";

/** An agent. */
export interface Agent {
  id: string;
  name: string;
  number: string;
}
/** A queue. */
export interface Queue {
  id: string;
  name: string;
  number: string;
}

function agent(index: number, name: string): Agent {
  return {
    id: `6d1e9f0a-0c2b-4f7e-9a54-1b2c3d4e5f6${index}`,
    name: `${name}@contoso.example`,
    number: `+3589750101${index}`,
  };
}
function queue(index: number, name: string): Queue {
  return { id: `b6d3f7f0-8a41-4c0e-8c1e-0e7b7d4a2c3${index}`, name, number: `+3589750200${index}` };
}

/** Those who answer. */
export const AGENTS = ["anna.berg", "bilal.khan", "carla.rossi", "david.lind", "elena.popa", "felix.maier"].map(
  (name, index) => agent(index + 1, name),
);
/** Where callers wait. */
export const QUEUES = ["Sales", "Support", "Billing"].map((name, index) => queue(index + 1, name));
/** A queue that the demo user may not see: subscriptions of it are refused. */
export const CLOSED_QUEUE = queue(9, "Board");
/** What the REST chain lists. */
export const ALL_QUEUES = [...QUEUES, CLOSED_QUEUE];
/** The list of requests to call back. */
export const CALL_LIST = { id: "0c4e2a6b-5d7f-4e81-9a03-7b6c5d4e3f21", name: "Call-backs" } as const;
/** Whose token the chain gives. */
export const DEMO_USER = { id: "6d1e9f0a-0c2b-4f7e-9a54-1b2c3d4e5f60", organizationId: ORGANIZATION_ID } as const;
