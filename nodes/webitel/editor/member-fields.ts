/** Checks the names of a member's fields in the lists of the upload's form. */
import { fieldOf, isField } from "../../../lib/webitel/field-names.js";
import { hasVariable, valid } from "../../shared/editor/definition.js";

/** True for a field that a member has, and for a text with an environment variable. */
export const isFieldOrVariable = (text: string): boolean => hasVariable(text) || isField(fieldOf(text));

/**
 * The validator of a list whose rows name a field.
 * @param beside the property next to it; a `value` may be blank
 */
export function memberFields(beside: "column" | "value"): (list: unknown) => boolean {
  return (list) =>
    !Array.isArray(list) ||
    list.every(
      ({ field = "", [beside]: other = "" }: Record<string, string>) =>
        (field === "" && other === "") || (isFieldOrVariable(field) && (other !== "" || beside === "value")),
    );
}

Object.assign(valid, { memberFields });
