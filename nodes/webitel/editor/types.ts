/** What a typed input of Webitel's forms may hold, by the kind of the field. */
import type { RequestField } from "../../../lib/webitel/tables.js";
import { NUMBER_TYPES, TEXT_TYPES } from "../../shared/editor/fields.js";
import type { InputType } from "../../shared/editor/red.js";

/** For fields that hold an object. */
export const JSON_TYPES: readonly InputType[] = ["json", "msg", "flow", "global", "env", "jsonata"];

/** By kind of a request field. */
export const TYPES_OF_KIND: Readonly<Record<RequestField["kind"], readonly InputType[]>> = {
  text: TEXT_TYPES,
  id: TEXT_TYPES,
  integer: NUMBER_TYPES,
  natural: NUMBER_TYPES,
  bool: TEXT_TYPES,
  texts: JSON_TYPES,
};
