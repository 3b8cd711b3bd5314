/**
 * The members of a batch's marker that are there too often. Somebody may have deleted or changed some of them meanwhile, so only what is
 * surely a copy is named: of each person as many stay as rows of the batch may be that person.
 */
import { createHash } from "node:crypto";
import { MARKER } from "../tables.js";
import type { FoundMember, Member } from "../types.js";

/** What is known of the batch whose members were found. */
export interface SentBatch {
  marker: string;
  /** How many members with this marker belong into the queue. */
  keep: number;
  /** See {@link contentsOf}. */
  contents?: string | undefined;
}

/** What is wrong with the members of a marker. */
interface Surplus {
  /** How many there are too many. */
  count: number;
  /** Those that are copies. */
  copies: FoundMember[];
  /** Who stays in the place of a reported one, by id. */
  instead: ReadonlyMap<string, string>;
}

/** Same person: what the batch sent. The server adds its own fields to numbers. */
function contentOf({ name = "", communications = [], variables = {} }: Partial<Member>): string {
  const numbers = communications.map(({ destination, type }) => [destination.trim(), type?.id]);
  const sorted = Object.keys(variables)
    .filter((key) => key !== MARKER)
    .sort((a, b) => (a < b ? -1 : 1))
    .map((key) => [key, variables[key]]);
  return JSON.stringify([name, numbers, sorted]);
}

/** A server may write a number otherwise, but not another number. */
const numbersOf = ({ communications = [] }: Partial<Member>): string =>
  communications.map(({ destination }) => destination.toLowerCase().replace(/[^\p{L}\p{N}@+]/gu, "")).join(" ");

/** Hexadecimal digits of a hash: so few name nobody. Two that are equal by chance keep a copy in the queue. */
const DIGITS = 4;

const hashOf = (marker: string, text: string): string =>
  createHash("sha256").update(`${marker} ${text}`).digest("hex").slice(0, DIGITS);

const hashesOf = (marker: string, member: Partial<Member>): [numbers: string, content: string] => [
  hashOf(marker, numbersOf(member)),
  hashOf(marker, contentOf(member)),
];

/** What tells the rows of a batch apart, for the journal: a hash of each row's numbers and of its whole content, in a row. */
export function contentsOf(marker: string, rows: readonly { member: Member }[]): string {
  return rows.map(({ member }) => hashesOf(marker, member).join("")).join("");
}

/** How many rows were sent, by content, by numbers. */
function rowsByNumbers(contents: string): Map<string, Map<string, number>> {
  const byNumbers = new Map<string, Map<string, number>>();
  for (let at = 0; at < contents.length; at += 2 * DIGITS) {
    const numbers = contents.slice(at, at + DIGITS);
    const content = contents.slice(at + DIGITS, at + 2 * DIGITS);
    const rows = byNumbers.get(numbers) ?? new Map<string, number>();
    byNumbers.set(numbers, rows.set(content, (rows.get(content) ?? 0) + 1));
  }
  return byNumbers;
}

/** Webitel has begun with it: it stays. */
export const wasCalled = ({ attempts = 0, reserved, stop_cause }: FoundMember): boolean =>
  attempts > 0 || reserved === true || (stop_cause ?? "") !== "";

/** Members of one content. */
type Groups = ReadonlyMap<string, readonly FoundMember[]>;

function groupsOf(members: readonly FoundMember[]): Groups {
  const groups = new Map<string, FoundMember[]>();
  for (const member of members) {
    const content = contentOf(member);
    const group = groups.get(content);
    if (group) group.push(member);
    else groups.set(content, [member]);
  }
  return groups;
}

/**
 * How many rows of the batch may be a person, by content: those that were sent so, and those of his numbers of whom the queue shows
 * nobody. All members of numbers that no row has: nobody knows who they are.
 * @returns undefined where the server shows all numbers otherwise than they were sent, or nothing is known of the rows
 */
function staysBySent({ marker, contents }: SentBatch, groups: Groups): Map<string, number> | undefined {
  if (contents === undefined) return undefined;
  const sent = rowsByNumbers(contents);
  const shown = [...groups].map(([content, members]) => {
    const [numbers, own] = hashesOf(marker, members[0] as FoundMember);
    return { content, members, numbers, own };
  });
  if (!shown.some(({ numbers }) => sent.has(numbers))) return undefined;
  const present = new Set(shown.map(({ numbers, own }) => numbers + own));
  return new Map(
    shown.map(({ content, members, numbers, own }) => {
      const rows = sent.get(numbers);
      if (!rows) return [content, members.length];
      const mayBe = [...rows].filter(([hash]) => hash === own || !present.has(numbers + hash));
      const count = mayBe.reduce((sum, [, each]) => sum + each, 0);
      return [content, Math.max(1, count)];
    }),
  );
}

/**
 * The same without knowledge of the rows. Where a list has a person twice, all must be there equally often: else somebody has changed
 * the queue, and nobody can be named.
 */
function staysByCount(groups: Groups, found: number, keep: number): Map<string, number> {
  // As many people as rows: each belongs there once.
  if (groups.size === keep) return new Map([...groups].map(([content]) => [content, 1]));
  const times = found / keep;
  const isRegular = [...groups.values()].every(({ length }) => Number.isInteger(length / times));
  if (!Number.isInteger(times) || !isRegular) return new Map();
  return new Map([...groups].map(([content, { length }]) => [content, length / times]));
}

/**
 * Finds the members that are there too often. Of each person stays who was called, then whose id was reported, then the oldest.
 * @param found all members with the batch's marker
 * @param reported ids that were sent to the outputs
 * @param known ids that were found to be copies before
 */
export function surplusOf(
  found: readonly FoundMember[],
  sent: SentBatch,
  reported: ReadonlySet<string>,
  known: ReadonlySet<string> = new Set(),
): Surplus {
  const { keep } = sent;
  if (keep === 0) return { count: found.length, copies: [...found], instead: new Map() };
  const bySent = staysBySent(sent, groupsOf(found));
  // What is known to be a copy says nothing of how often all others are there.
  const judged = bySent ? found : found.filter(({ id }) => !known.has(id));
  const groups = groupsOf(judged);
  const stays = bySent ?? staysByCount(groups, judged.length, keep);
  const rank = (member: FoundMember): number => {
    const isKnown = known.has(member.id);
    if (wasCalled(member)) return isKnown ? 1 : 0;
    return isKnown ? 4 : reported.has(member.id) ? 2 : 3;
  };
  const instead = new Map<string, string>();
  const copies = [...groups].flatMap(([content, group]) => {
    const stay = stays.get(content) ?? group.length;
    const sorted = [...group].sort((a, b) => rank(a) - rank(b));
    const others = sorted.slice(stay);
    const unreported = sorted.slice(0, stay).filter(({ id }) => !reported.has(id));
    for (const [at, { id }] of others.filter((copy) => reported.has(copy.id)).entries()) {
      const other = unreported[at];
      if (other) instead.set(id, other.id);
    }
    return others;
  });
  if (!bySent) copies.push(...found.filter(({ id }) => known.has(id)));
  return { count: Math.max(copies.length, found.length - keep), copies, instead };
}
