/** Requests that their network or credentials refuse: what they say may concern the node all the same. */
import { BODY_TIMEOUT_MS, parseJsonObject, readBody } from "../../../lib/webhook/body.js";
import { secretsInPath, secretsInQuery } from "../../../lib/webhook/credentials.js";
import type { WebhookRequest } from "./claim.js";

/** A request that its network or credentials refuse. */
export interface Stranger {
  readonly why: "network" | "credentials";
  /** The path as it was asked for. */
  readonly path: string;
  /** When it came, by `performance.now()`, ms. */
  readonly arrivedAt: number;
  /** What it shows where a secret in the address stands, in all readings. */
  readonly secrets: () => readonly string[];
}

/**
 * Asked for each such request that no other node serves.
 * @returns undefined, or what takes its body after the answer; it may throw
 */
export type StrangerTaker<T extends Stranger = Stranger> = (
  stranger: T,
) => ((data: Record<string, unknown>) => void) | undefined;

/** Bytes that are read of its body at most: an event of a CTI broker has some hundred. */
const LONGEST_BODY = 4096;

/** The path of a request, with its secret where that stands there. */
export function pathAsked({ path, rest }: WebhookRequest): string {
  return rest === undefined ? path : `${path}/${rest}`;
}

/** What a request shows where a secret in the address stands, in all readings. */
export function secretsOf({ rest, query }: WebhookRequest): string[] {
  return rest === undefined ? secretsInQuery(query) : secretsInPath(rest);
}

/**
 * Reads the body of a request that is about to be refused: to be called before its answer, which lets go of what nobody reads.
 * Whoever calls this answers, and discards what is not read.
 */
export function readStranger(webhook: WebhookRequest, why: Stranger["why"], taker: StrangerTaker | undefined): void {
  const { request, arrivedAt } = webhook;
  const take = taker?.({ why, path: pathAsked(webhook), arrivedAt, secrets: () => secretsOf(webhook) });
  if (!take || Number(request.headers["content-length"] ?? 0) > LONGEST_BODY) return;
  void readBody(request, BODY_TIMEOUT_MS, LONGEST_BODY).then((read) => {
    const data = read.kind === "whole" ? parseJsonObject(read.bytes) : undefined;
    if (!data || "fault" in data) return;
    try {
      take(data.object);
    } catch {
      // It is refused anyway.
    }
  });
}
