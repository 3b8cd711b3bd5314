/** Checks the names of a member's fields in the lists of the upload's form. */
import { doubledField, fieldOf, isField } from "../../../lib/webitel/field-names.js";
import type { Mapping } from "../../../lib/webitel/member.js";
import { hasVariable, valid } from "../../shared/editor/definition.js";

/** True for a field that a member has, and for a text with an environment variable. */
export const isFieldOrVariable = (text: string): boolean => hasVariable(text) || isField(fieldOf(text));

/** True for a line of a mapping that sends another column to the same field as this one. */
export const isDoubled = (line: Mapping, mapping: readonly Mapping[]): boolean =>
  mapping.some((other) => doubledField([line, other].filter(({ column, field }) => column && field)) !== undefined);

/**
 * The validator of a list whose rows name a field.
 * @param beside the property next to it; a `value` may be blank
 */
export function memberFields(beside: "column" | "value"): (list: unknown) => boolean {
  return (list) =>
    !Array.isArray(list) ||
    list.every(
      ({ field = "", [beside]: other = "", column = "" }: Record<string, string>) =>
        (field === "" && other === "") ||
        (isFieldOrVariable(field) &&
          (other !== "" || beside === "value") &&
          !isDoubled({ column, field }, list as Mapping[])),
    );
}

Object.assign(valid, { memberFields });
