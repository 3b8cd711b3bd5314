/** What a webhook node claims, and how it takes what comes there. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Body } from "../../../lib/webhook/body.js";

/** A request on a claimed path, before its query and body are read. */
export interface WebhookRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The claimed path as it was asked for, without the secret. */
  readonly path: string;
  /** Without the leading question mark; empty when there is none. */
  readonly query: string;
  /** What stands behind the claimed path, as it came, where it may be the secret. */
  readonly rest: string | undefined;
  /** When it came, by `performance.now()`, ms. */
  readonly arrivedAt: number;
}

/** How a claim takes a request. */
export interface Admission {
  readonly accepted: boolean;
  /** Answers it: serves an accepted request, with its body where the method has one, or refuses it. */
  answer(body: Promise<Body> | undefined): void;
}

/** A method and path that a node serves. */
export interface Claim {
  /** Its node as a user finds it: the name may be empty, the flow is the label of its tab. */
  readonly owner: { id: string; name: string; label: string; flow: string };
  readonly method: "GET" | "POST";
  /** Below `httpNodeRoot`. */
  readonly path: string;
  /** Also serves `<path>/<secret>`. */
  readonly secretInPath: boolean;
  /** Milliseconds within which a body must be complete. */
  readonly bodyMs: number;
  /** Decides by network and credentials alone. */
  admit(webhook: WebhookRequest): Admission;
  /** True once its node has closed: another node may take the path over, or the same one made again. */
  isClosed(): boolean;
  /** The path is claimed, but not with the request's method. */
  refuseMethod(webhook: WebhookRequest, allowed: string): void;
  /** A middleware of Node-RED's settings failed. */
  failMiddleware(webhook: WebhookRequest, error: unknown): void;
}

/** A path that was claimed. */
export interface ClaimedPath {
  /** Gives it back, unless another node took it over. */
  release(): void;
  /** True while another node, such as an `http in`, has a route for the same method and path. */
  isServedTwice(): boolean;
}

/** Why a path cannot be claimed: another node has it, it is Node-RED's own, or all below `httpNodeRoot` are. */
export type ClaimFault =
  { fault: "taken"; owner: Claim["owner"] } | { fault: "reserved" } | { fault: "reserved-root"; root: string };
