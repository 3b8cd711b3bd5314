/** What the platform refuses, as its public server code says. */
import { MAX_COMMUNICATIONS } from "../../lib/webitel/tables.js";
import type { Lookup, Member } from "../../lib/webitel/types.js";
import { type Queue, type Store, TAKES_NO_MEMBERS } from "./store.js";

/** A platform error. */
export class Refusal extends Error {
  constructor(
    readonly code: number,
    readonly id: string,
    detail: string,
  ) {
    super(detail);
  }
}

const INT64 = /^-?\d{1,19}$/;

function isId(value: Lookup | undefined): boolean {
  return /^[1-9]\d*$/.test(value?.id ?? "");
}

/** Ids come as text or as numbers. */
function knows(known: readonly Lookup[], asked: { id: unknown }): boolean {
  return known.some(({ id }) => id === asked.id || id === (asked.id as number).toString());
}

function checkMember(store: Store, member: Member, at: number): void {
  const { communications } = member;
  if (!Array.isArray(communications) || communications.length > MAX_COMMUNICATIONS) {
    throw new Refusal(400, "model.member.is_valid.communications.app_error", `item ${at}: communications count`);
  }
  for (const { type } of communications) {
    if (!isId(type))
      throw new Refusal(400, "model.member.is_valid.communications.type.app_error", `item ${at}: communication type`);
    if (!knows(store.communicationTypes, type))
      throw new Refusal(400, "store.sql_member.bulk_save.app_error", `item ${at}: no communication type ${type.id}`);
  }
  for (const time of [member.expire_at, member.min_offering_at]) {
    // The gateway reads int64, as text or number.
    if (time !== undefined && !INT64.test(`${time}`))
      throw new Refusal(400, "", `item ${at}: invalid value for int64: ${time}`);
  }
  if (member.bucket && !knows(store.buckets, member.bucket)) {
    throw new Refusal(400, "store.sql_member.bulk_save.app_error", `item ${at}: no bucket ${member.bucket.id}`);
  }
  const values = Object.values(member.variables ?? {}) as unknown[];
  if (values.some((value) => typeof value !== "string"))
    throw new Refusal(400, "", `item ${at}: variables must be text`);
}

/** The queue of a bulk. */
export function queueForMembers(store: Store, id: string): Queue {
  const queue = store.queue(id);
  if (!queue) throw new Refusal(404, "store.sql_queue.get.app_error", `no queue ${id}`);
  if (TAKES_NO_MEMBERS.has(queue.type)) throw new Refusal(400, "app.member.valid.queue", "Mismatch queue type");
  return queue;
}

/** All items are looked at before any is inserted: the first bad one fails the whole call. */
export function checkMembers(store: Store, items: readonly Member[]): void {
  for (const [at, member] of items.entries()) checkMember(store, member, at);
}
