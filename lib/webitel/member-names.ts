/** References by name: the ids are put in their place. Free of node builtins: the editor's preview uses it too. */
import { IS_NUMBERED } from "./field-names.js";
import { invalid, type RowError } from "./member-values.js";
import { type LookupField, LOOKUPS } from "./tables.js";
import type { Communication, Lookup, Member } from "./types.js";

/** Ids by name, of the records that a reference may name. */
export interface Names {
  /** @returns the ids of that name; undefined before {@link Names.load} */
  find(field: LookupField, name: string): readonly string[] | undefined;
  /** Reads the names of a field. @throws ContactCenterError when Webitel does not list them */
  load(field: LookupField): Promise<void>;
}

/** A member, or the reason why a row gives none. */
export type MappingResult = { member: Member; error?: never } | { error: RowError; member?: never };

/**
 * Puts ids in the place of names.
 * @param member changed
 * @returns a promise while names have to be read
 */
export function withIds(member: Member, names: Names): MappingResult | Promise<MappingResult> {
  const named = [...lookupsOf(member)].filter(({ lookup }) => lookup.id === undefined);
  const unread = named.filter(({ base, lookup }) => names.find(base, lookup.name ?? "") === undefined);
  if (unread.length > 0)
    return Promise.all(unread.map(({ base }) => names.load(base))).then(() => withIds(member, names));
  for (const { base, field, lookup } of named) {
    const { name = "" } = lookup;
    const [id, ...more] = names.find(base, name) ?? [];
    if (id === undefined) return invalid("unknown-name", field, name);
    if (more.length > 0) return invalid("ambiguous-name", field, name);
    Object.assign(lookup, { id });
    delete lookup.name;
  }
  return { member };
}

/** The references of a member, with what the row calls them. */
function* lookupsOf(
  member: Member,
): Generator<{ base: LookupField; field: string; lookup: Partial<Lookup> & { name?: string } }> {
  for (const base of Object.keys(LOOKUPS) as LookupField[]) {
    const own = member[base] as Lookup | undefined;
    if (own && !IS_NUMBERED.has(base)) yield { base, field: base, lookup: own };
    if (!IS_NUMBERED.has(base)) continue;
    for (const [at, number] of member.communications.entries()) {
      const lookup = (number as Communication & Record<string, Lookup | undefined>)[base];
      if (lookup) yield { base, field: at === 0 ? base : `${base}${at + 1}`, lookup };
    }
  }
}
