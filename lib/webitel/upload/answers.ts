/** What an answer to a bulk says of the rows in it: pure, and without a request. */
import { ContactCenterError } from "../errors.js";
import type { FoundMember } from "../types.js";
import type { BatchRow } from "./batches.js";
import type { Reject } from "./report.js";

/** The server's words, as far as it has said any. */
export function reasonOf(kind: "refused" | "too-large", error: ContactCenterError): Reject["reason"] {
  const { cause } = error;
  // Of a size nothing but a proxy's page is said.
  if (kind === "too-large")
    return { key: "too-large", field: "", value: `${(cause["bytes"] as number | undefined) ?? ""}` };
  const said = [cause["detail"], cause.id && `(${cause.id})`].filter(Boolean).join(" ");
  return said === "" ? error.message : said;
}

/** Webitel said 200, but not of as many members as were sent. */
export function wrongCount(sent: number, answered: number): ContactCenterError {
  const operation = "CreateMemberBulk";
  const detail = `${answered} ids for ${sent} members`;
  return new ContactCenterError(
    "EANSWER",
    "webitel.errors.wrong-count",
    { vendor: "webitel", operation, detail },
    { sent, answered },
  );
}

/** A refusal without what is only about this row: the single insert names the member, others quote a value. */
export function refusalText({ code, cause }: ContactCenterError, { member }: BatchRow): string {
  const detail = (cause["detail"] ?? "") as string;
  const general = member.name ? detail.replaceAll(member.name, "") : detail;
  return `${code} ${cause.id ?? ""} ${general.replaceAll(/\d+/g, "#")}`;
}

/** The rows whose members were found, by number and name, and those that were not. */
export function matched(
  entries: readonly BatchRow[],
  found: readonly FoundMember[],
): { loaded: { entry: BatchRow; id: string }[]; missing: BatchRow[] } {
  // A server may leave out what it has none of.
  const keyOf = ({ name, communications = [] }: Partial<FoundMember>): string =>
    JSON.stringify([name ?? "", communications.map(({ destination }) => destination.trim())]);
  const idsByKey = new Map<string, string[]>();
  for (const member of found) idsByKey.set(keyOf(member), [...(idsByKey.get(keyOf(member)) ?? []), member.id]);
  const loaded: { entry: BatchRow; id: string }[] = [];
  const missing: BatchRow[] = [];
  for (const entry of entries) {
    const id = idsByKey.get(keyOf(entry.member))?.shift();
    if (id === undefined) missing.push(entry);
    else loaded.push({ entry, id });
  }
  return { loaded, missing };
}

/**
 * The ids of a batch that was found in the queue, in the order of its rows: by name and number, as the queue says nothing of their
 * order. Of members that are all written otherwise the first inserted is taken for the first row.
 * @returns none when some are not known again: a wrong id is somebody else
 */
export function idsInOrder(entries: readonly BatchRow[], found: readonly FoundMember[]): string[] {
  const { loaded, missing } = matched(entries, found);
  if (missing.length === 0) return loaded.map(({ id }) => id);
  return loaded.length === 0 ? found.slice(0, entries.length).map(({ id }) => id) : [];
}

/** The HTTP status of an answer, where one came. */
export function answerOf({ code }: ContactCenterError): { answer?: number } {
  return typeof code === "number" ? { answer: code } : {};
}

/** Nobody would call such a member. Zero never expires. */
export function hasExpired({ member: { expire_at: at } }: BatchRow): boolean {
  return at !== undefined && Number(at) !== 0 && Number(at) <= Date.now();
}
