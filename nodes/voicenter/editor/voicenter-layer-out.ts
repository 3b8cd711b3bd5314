/** The form of `voicenter-layer-out`: the fields of the chosen action, two lists, and the answer as it will be sent. */
import { answerBody, checkValue, isNeeded } from "../../../lib/voicenter/answer.js";
import {
  type Action,
  ACTION_FIELDS,
  type AnswerField,
  fieldsOf,
  LANGUAGES,
  RECORD_TYPES,
  REQUEST_FIELDS,
  TARGET_TYPES,
} from "../../../lib/voicenter/tables.js";
import { addForm } from "../../shared/editor/index.js";
import {
  entered,
  input,
  literal,
  NUMBER_TYPES,
  placeholder,
  TEXT_TYPES,
  type Typed,
  typedInput,
  typedValue,
} from "../../shared/editor/fields.js";
import { type EditableList, editableList } from "../../shared/editor/list.js";
import { livePreview } from "../../shared/editor/preview.js";
import type { EditorNode } from "../../shared/editor/red.js";
import { SETTING_OF, SETTINGS } from "../settings.js";

/** The typed settings, and what may be chosen for each. */
const TYPED = {
  layer: NUMBER_TYPES,
  nextLayer: NUMBER_TYPES,
  nextLayerIfFailed: NUMBER_TYPES,
  nextVoId: NUMBER_TYPES,
  callerId: TEXT_TYPES,
  callerName: TEXT_TYPES,
  customData: ["json", "msg", "flow", "global", "jsonata"],
} as const;

/** The lists: which property is chosen, which is typed. */
const LISTS = {
  data: { choice: "RecordType", choices: RECORD_TYPES, value: "Content" },
  targets: { choice: "TYPE", choices: TARGET_TYPES, value: "TARGET" },
} as const;
type ListName = keyof typeof LISTS;

const lists = new Map<string, EditableList>();

addForm("voicenter-layer-out", {
  prepare(node) {
    for (const [setting, types] of Object.entries(TYPED)) typedInput(node, setting, types);
    for (const language of LANGUAGES) $("<option>").val(language).appendTo("#cc-languages");
    for (const name of Object.keys(LISTS) as ListName[]) {
      lists.set(name, fillList(node, name));
    }
    const showFields = (): void => {
      const action = chosenAction();
      const names = action === "msg" ? [] : fieldsOf(action).map(({ name }): string => name);
      for (const [setting, name] of Object.entries(SETTINGS))
        $(`[data-field=${setting}]`).toggle(action === "msg" || names.includes(name));
      $("#cc-action-hint").text(node._(`voicenter-layer-out.action-hint.${action}`));
    };
    input("action").on("change", showFields);
    showFields();
    livePreview(node, $("#cc-preview"), () => {
      showBlanks(node);
      return preview(node);
    });
  },
  save(node) {
    for (const [name, list] of lists) node[name] = list.items();
  },
});

/** A required field that is blank says where its value comes from; an empty list says it by itself. */
function showBlanks(node: EditorNode): void {
  const action = chosenAction();
  $("#dialog-form .cc-blank").remove();
  for (const [setting, name] of Object.entries(SETTINGS)) {
    const field = input(setting);
    const value = setting in TYPED ? typedValue(field).value : entered(field);
    if (setting in LISTS || value !== "" || action === "msg" || !isNeeded(action, name)) continue;
    const words = node._(`voicenter-layer-out.${isOfRequest(name) ? "blank-request" : "blank"}`, { name, action });
    $("<div>", { class: "cc-hint cc-blank" }).text(words).appendTo(`[data-field=${setting}]`);
  }
}

/** True for what the request has too: as it came, it is no answer. */
const isOfRequest = (name: string): boolean => Object.hasOwn(REQUEST_FIELDS, name);

/** The placeholder of a value says what its choice asks for. */
function fillList(node: EditorNode, name: ListName): EditableList {
  const { choice, choices, value } = LISTS[name];
  return editableList($(`#cc-${name}`), node[name], {
    add: node._(`voicenter-layer-out.add.${choice}`),
    empty: node._(`voicenter-layer-out.empty.${name}`),
    columns: [
      { property: choice, label: choice, choices },
      { property: value, label: value, types: TEXT_TYPES },
    ],
    onRow({ [choice]: chosen = $(), [value]: typed = $() }) {
      const example = (): void =>
        void typed
          .next(".red-ui-typedInput-container")
          .find("input")
          .attr("placeholder", node._(`voicenter-layer-out.content.${entered(chosen)}`));
      chosen.on("change", example);
      example();
    },
  });
}

function chosenAction(): Action | "msg" {
  return (input("action").val() ?? "GO_TO_LAYER") as Action | "msg";
}

function preview(node: EditorNode): unknown {
  const action = chosenAction();
  if (action === "msg") return node._("voicenter-layer-out.preview-msg");
  if (action === "ERROR") return answerBody("ERROR", {});
  const body: Record<string, unknown> = { STATUS: 0, ACTION: action };
  for (const field of fieldsOf(action)) {
    const shown = shownValue(SETTING_OF[field.name], field);
    const isRequired = ACTION_FIELDS[action][field.name] === "required";
    if (shown !== undefined) body[field.name] = shown;
    else if (isRequired)
      body[field.name] = isOfRequest(field.name)
        ? node._("voicenter-layer-out.placeholder", { name: field.name })
        : `‹payload.${field.name}›`;
  }
  return body;
}

/** A literal as it will be sent, a placeholder for what only the running flow can tell, undefined when blank. */
function shownValue(setting: string, field: AnswerField): unknown {
  if (setting in LISTS) {
    const { choice, value } = LISTS[setting as ListName];
    const items = lists.get(setting)?.items() ?? [];
    if (items.length === 0) return undefined;
    return items.map((item, at) => {
      const typed: Typed = { value: item[value] ?? "", type: item[`${value}Type`] ?? "str" };
      const known = literal(typed);
      const shown = { [choice]: item[choice], [value]: known ? known.value : placeholder(typed) };
      return known
        ? (
            checkValue(
              field,
              Array.from({ length: at + 1 }, () => shown),
            ) as unknown[]
          )[at]
        : shown;
    });
  }
  const typed: Typed = setting in TYPED ? typedValue(input(setting)) : { value: entered(input(setting)), type: "str" };
  const known = literal(typed);
  if (!known) return placeholder(typed);
  return known.value === "" ? undefined : checkValue(field, known.value, refuse);
}

/** In the form there is time to correct what a call would only be warned of. */
function refuse(problem: Error): never {
  throw problem;
}
