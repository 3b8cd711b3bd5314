/**
 * What the platform refuses, and in which words. Read from the public server code, webitel/engine: `app/cc_member.go` and
 * `model/cc_member.go` for what is looked at before the insert, `store/sqlstore/cc_member_store.go` for what PostgreSQL says.
 */
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

/**
 * PostgreSQL's words for a reference that leads nowhere: the same for each row, whatever it refers to.
 * @param single one item takes the single insert, which names the member
 */
function brokenReference(column: string, member: Member, single: boolean): Refusal {
  const constraint = `cc_member_${column}_fk`;
  const words = `pq: insert or update on table "cc_member" violates foreign key constraint "${constraint}"`;
  return single
    ? new Refusal(400, "store.sql_member.save.app_error", `name=${member.name ?? ""}, ${words}`)
    : new Refusal(400, "store.sql_member.bulk_save.app_error", words);
}

function checkMember(member: Member): void {
  const { communications } = member;
  if (!Array.isArray(communications) || communications.length > MAX_COMMUNICATIONS)
    throw new Refusal(400, "model.member.is_valid.communications.app_error", `name=${member.name ?? ""}`);
  // Whether the type exists is not looked at: the communications are one JSON column.
  if (!communications.every(({ type }) => isId(type)))
    throw new Refusal(
      400,
      "model.member.is_valid.communications.type.app_error",
      `name=${member.name ?? ""}, bad communication type`,
    );
  for (const time of [member.expire_at, member.min_offering_at]) {
    // The gateway reads int64, as text or number.
    if (time !== undefined && !INT64.test(`${time}`))
      throw new Refusal(400, "", `proto: invalid value for int64 field: "${time}"`);
  }
  const values = Object.values(member.variables ?? {}) as unknown[];
  const wrong = values.find((value) => typeof value !== "string");
  if (wrong !== undefined)
    throw new Refusal(400, "", `proto: invalid value for string field value: ${JSON.stringify(wrong)}`);
}

/** The queue of a bulk. */
export function queueForMembers(store: Store, id: string): Queue {
  const queue = store.queue(id);
  if (!queue) throw new Refusal(404, "store.sql_queue.get.app_error", `Id=${id}, sql: no rows in result set`);
  if (TAKES_NO_MEMBERS.has(queue.type)) throw new Refusal(400, "app.member.valid.queue", "Mismatch queue type");
  return queue;
}

/** All items are looked at before any is inserted: the first bad one fails the whole call. */
export function checkMembers(store: Store, items: readonly Member[]): void {
  for (const member of items) checkMember(member);
  for (const member of items)
    if (member.bucket && !knows(store.buckets, member.bucket))
      throw brokenReference("cc_bucket_id", member, items.length === 1);
}
