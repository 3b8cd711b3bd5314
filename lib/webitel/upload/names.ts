/** Ids by name, looked up once per run and only for the fields that need it. */
import type { Names } from "../member.js";
import type { LookupField } from "../tables.js";
import type { NamedRecord } from "../types.js";

/** What the lookup needs of the vendor. */
export interface NamesApi {
  /** All records that a field may refer to. */
  listNames(field: LookupField): Promise<NamedRecord[]>;
}

/** An accent may be a character of its own: a Mac writes names so. */
const keyOf = (name: string): string => name.trim().toLowerCase().normalize("NFC");

/** The names of one run. They are compared without regard to case; a communication type's code counts as a name. */
export class NameLookup implements Names {
  private readonly loading = new Map<LookupField, Promise<void>>();
  private readonly loaded = new Map<LookupField, Map<string, Set<string>>>();

  constructor(private readonly api: NamesApi) {}

  find(field: LookupField, name: string): readonly string[] | undefined {
    const ids = this.loaded.get(field);
    return ids && [...(ids.get(keyOf(name)) ?? [])];
  }

  load(field: LookupField): Promise<void> {
    const before = this.loading.get(field);
    if (before) return before;
    const work = this.read(field);
    this.loading.set(field, work);
    return work;
  }

  private async read(field: LookupField): Promise<void> {
    const ids = new Map<string, Set<string>>();
    for (const { id, name, code } of await this.api.listNames(field)) {
      for (const each of [name, code]) {
        if (typeof each !== "string" || each.trim() === "") continue;
        ids.set(keyOf(each), (ids.get(keyOf(each)) ?? new Set()).add(id));
      }
    }
    this.loaded.set(field, ids);
  }
}
