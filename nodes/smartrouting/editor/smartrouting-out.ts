/** The form of `smartrouting-out`: an answer composed without writing JSON, and shown as it will be sent. */
import { checkValue, targetKind } from "../../../lib/smartrouting/answer.js";
import { ANSWER_FIELDS, type AnswerField, DISCONNECT } from "../../../lib/smartrouting/tables.js";
import { addForm } from "../../shared/editor/index.js";
import { livePreview } from "../../shared/editor/preview.js";
import {
  input,
  literal,
  NUMBER_TYPES,
  placeholder,
  TEXT_TYPES,
  typedInput,
  typedValue,
} from "../../shared/editor/fields.js";
import type { EditorNode, InputType } from "../../shared/editor/red.js";
import { SETTINGS } from "../settings.js";

const TYPES: Record<AnswerField["kind"], readonly InputType[]> = {
  "any-target": TEXT_TYPES,
  "user-target": TEXT_TYPES,
  "user-targets": [...TEXT_TYPES, "json"],
  integer: NUMBER_TYPES,
  text: TEXT_TYPES,
};

/** The fields, each with its setting. */
const FIELDS = Object.entries(SETTINGS).map(([setting, vendorName]) => ({
  setting,
  field: ANSWER_FIELDS.find(({ name }) => name === vendorName) as (typeof ANSWER_FIELDS)[number],
}));

addForm("smartrouting-out", {
  prepare(node) {
    for (const { setting, field } of FIELDS) typedInput(node, setting, TYPES[field.kind]);
    const refresh = (): void => {
      $(".cc-target-row").toggle(!input("disconnect").prop("checked"));
      for (const { setting, field } of FIELDS) showKind(node, setting, field);
    };
    $("#dialog-form").on("change keyup", refresh);
    refresh();
    livePreview(node, $("#cc-preview"), () => preview(node));
  },
});

/** Says of a literal target what Enreach will take it for. Its hint has no key in the html, since the editor translates after this. */
function showKind(node: EditorNode, setting: string, field: AnswerField): void {
  if (field.kind !== "any-target" && field.kind !== "user-target") return;
  const value = literal(typedValue(input(setting)))?.value;
  const hint = input(setting).closest(".form-row").find(".cc-hint");
  const kind = typeof value === "string" && value !== "" ? targetKind(value.trim()) : undefined;
  hint.text(kind ? node._(`smartrouting-out.kind.${kind}`) : node._(`smartrouting-out.hint.${setting}`));
}

function preview(node: EditorNode): unknown {
  const body: Record<string, unknown> = {};
  for (const { setting, field } of FIELDS) {
    const typed = typedValue(input(setting));
    const known = literal(typed);
    const value = known ? (known.value === "" ? undefined : checkValue(field, known.value)) : placeholder(typed);
    if (value !== undefined) body[field.name] = value;
  }
  if (input("disconnect").prop("checked")) body["InitialTarget"] = DISCONNECT;
  return Object.keys(body).length === 0 ? node._("smartrouting-out.preview-empty") : body;
}
