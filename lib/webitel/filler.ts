/** Puts the values of a row into a member. Free of node builtins: the editor's preview uses it too. */
import { isBlankText as isBlank, isRecord, textOf } from "../core/values.js";
import { type DoubledField, quoted } from "./field-names.js";
import { InvalidValue, invalid, jsonCell, type Sent, type ValueReader } from "./member-values.js";
import { hasCell, type PlannedField, type RowPlan, valueOf } from "./row-plan.js";
import { VARIABLE_PREFIX, VARIABLES } from "./tables.js";
import type { Lookup, Member } from "./types.js";

/** Something of the vendor that is filled field by field. */
type Fields = Record<string, unknown>;

/** Why a member with more numbers than Webitel takes is refused. */
export const tooMany = (count: number): InvalidValue => invalid("too-many", "communications", String(count));

/** Why a row is refused of which one of two values would be lost. */
export const twoColumns = ({ field, columns }: DoubledField): InvalidValue =>
  invalid("two-columns", field, quoted(columns));

/** Fills the members of one run. */
export class Filler {
  /** Something of the member that was filled last is called by its name. */
  hasNames = false;

  constructor(private readonly values: ValueReader) {}

  /** Reads fields of a row into a record; one that is blank is not in it. */
  fill(record: object, row: Fields, fields: readonly PlannedField[]): InvalidValue | undefined {
    for (const planned of fields) {
      const given = valueOf(planned, row);
      if (given === undefined) {
        if (planned.base in record) delete (record as Fields)[planned.base];
        continue;
      }
      const value = this.read(planned, given);
      if (value instanceof InvalidValue) return value;
      (record as Fields)[planned.base] = value;
    }
    return undefined;
  }

  /** The variables of a row, of an object and of columns of their own. */
  variables(member: Member, row: Fields, { variables, variablesColumn }: RowPlan): InvalidValue | undefined {
    const all = variablesColumn === undefined ? undefined : jsonCell(row[variablesColumn]);
    if (isRecord(all)) {
      const error = this.addVariables(member, all);
      if (error) return error;
      // JSON that was cut or changed: what it would say must not be lost without a word.
    } else if (Array.isArray(all) || (typeof all === "string" && /^\s*[[{]/.test(all)))
      return invalid("variables", VARIABLES);
    if (variables.length === 0) return undefined;
    const texts = member.variables ?? {};
    for (const each of variables) {
      const before = isBlank(texts[each.base]) ? undefined : texts[each.base];
      const column = before === undefined ? undefined : each.columns.find((name) => !isBlank(row[name]));
      if (column !== undefined && textOf(row[column]).trim() !== before)
        return twoColumns({ field: each.field, columns: [variablesColumn ?? VARIABLES, column] });
    }
    // Where the object has a value, the row has one: a default is for those that have none.
    const open = isRecord(all)
      ? variables.filter((each) => isBlank(texts[each.base]) || hasCell(each, row))
      : variables;
    const error = this.fill(texts, row, open);
    if (error) return error;
    for (const _ in texts) {
      member.variables = texts;
      break;
    }
    return undefined;
  }

  /** Reads one value. */
  read({ kind, base, field }: PlannedField, value: unknown): Sent | InvalidValue {
    const read = this.values.read(kind, base, field, value);
    if (kind === "lookup" && (read as Partial<Lookup>).name !== undefined) this.hasNames = true;
    return read;
  }

  private addVariables(member: Member, given: Fields): InvalidValue | undefined {
    const texts: Record<string, string> = {};
    for (const [name, value] of Object.entries(given)) {
      if (value === undefined || value === null) continue;
      const text = this.values.read("variable", name, VARIABLE_PREFIX + name, value);
      if (text instanceof InvalidValue) return text;
      texts[name] = text as string;
    }
    if (Object.keys(texts).length > 0) member.variables = texts;
    return undefined;
  }
}
