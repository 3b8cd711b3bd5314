/** What only the RTE simulator knows of the contact centre of `../directory.ts`: log-in, organisation, call list. */

/** What opens the simulator: for the config node's settings and credentials. */
export const DEMO = { email: "demo@contoso.example", secretKey: "demo-secret-key", password: "demo-password" } as const;

/** The credentials of the config nodes in the examples. */
export const DEMO_RTE_CREDENTIALS = { secretKey: DEMO.secretKey } as const;

/** An organisation has one id. */
export const ORGANIZATION_ID = "f3b0c2d4-1111-4222-8333-444455556666";

/** The list of requests to call back. */
export const CALL_LIST = { id: "0c4e2a6b-5d7f-4e81-9a03-7b6c5d4e3f21", name: "Call-backs" } as const;
/** Whose token the chain gives. */
export const DEMO_USER = { id: "6d1e9f0a-0c2b-4f7e-9a54-1b2c3d4e5f60", organizationId: ORGANIZATION_ID } as const;
