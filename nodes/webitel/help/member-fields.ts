/** The list of a member's fields in the upload's help, from the table. */
import { type FieldKind, MAX_COMMUNICATIONS, MEMBER_FIELDS, VARIABLE_PREFIX } from "../../../lib/webitel/tables.js";

const KINDS: Record<FieldKind, string> = {
  text: "text",
  number: "number or address; <code>3.80441E+11</code> and the like are refused",
  id: "id",
  integer: "whole number",
  time: "time",
};

const rows = MEMBER_FIELDS.map((field) => {
  const more =
    "numbered" in field ? ` (and <code>${field.name}2</code> to <code>${field.name}${MAX_COMMUNICATIONS}</code>)` : "";
  return `<li><code>${field.name}</code>${more}: ${KINDS[field.kind]}</li>`;
});

export default `        ${[...rows, `<li><code>${VARIABLE_PREFIX}&lt;name&gt;</code>: text</li>`].join("\n        ")}\n`;
