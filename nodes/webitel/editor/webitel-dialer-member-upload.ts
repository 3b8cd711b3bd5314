/** The form of `webitel-dialer-member-upload`: columns to fields, and the first member as it will be sent. */
import {
  type Default,
  type Mapping,
  type MappingResult,
  mark,
  memberMapper,
  type Names,
  type RowError,
} from "../../../lib/webitel/member.js";
import { doubledField, fieldOf, quoted, withColumn } from "../../../lib/webitel/field-names.js";
import { MEMBER_FIELDS, type Separator, VARIABLE_PREFIX } from "../../../lib/webitel/tables.js";
import { endOfDay, isTimeZone, localZone, toMillis } from "../../../lib/webitel/time.js";
import { addForm } from "../../shared/editor/index.js";
import { offerIds } from "../../shared/editor/known-ids.js";
import { livePreview } from "../../shared/editor/preview.js";
import {
  entered,
  input,
  literal,
  placeholder,
  TEXT_TYPES,
  typedInput,
  typedValue,
} from "../../shared/editor/fields.js";
import { type Column, type EditableList, editableList } from "../../shared/editor/list.js";
import type { EditorNode, InputType } from "../../shared/editor/red.js";
import type { NoText } from "../../../lib/webitel/encoding.js";
import { isDoubled, isFieldOrVariable } from "./member-fields.js";
import { beginningOf, proposeMapping, readSample } from "./sample.js";

const TYPE = "webitel-dialer-member-upload";
const VALUE_TYPES: readonly InputType[] = ["str", "num", "msg", "flow", "global", "env", "jsonata"];
const TIME_TYPES: readonly InputType[] = ["msg", "str", "num", "flow", "global", "env", "jsonata"];

/** Proposed; others may be written. */
const ENCODINGS = ["auto", "utf-8", "utf-16le", "utf-16be", "windows-1250", "windows-1251", "windows-1252", "koi8-u"];

/** What the sample file is instead of text. */
let unreadable: NoText | undefined;
/** The lists of the open dialog, of which there is one. */
let lists: { mapping: EditableList; defaults: EditableList } | undefined;

addForm(TYPE, {
  prepare(node) {
    typedInput(node, "queueId", TEXT_TYPES);
    offerIds(input("queueId"), "queues");
    typedInput(node, "filename", TEXT_TYPES);
    typedInput(node, "rejectsFile", TEXT_TYPES);
    typedInput(node, "expiryValue", TIME_TYPES);
    unreadable = undefined;
    fillChoices();
    const label = (name: string): string => node._(`${TYPE}.list.${name}`);
    const field: Column = { property: "field", label: label("field"), datalist: "cc-fields" };
    const look = { add: label("add"), between: "→" };
    const mapping = editableList($("#cc-mapping"), node["mapping"], {
      ...look,
      columns: [{ property: "column", label: label("column"), datalist: "cc-columns" }, field],
    });
    const defaults = editableList($("#cc-defaults"), node["defaults"], {
      ...look,
      columns: [field, { property: "value", label: label("value"), types: VALUE_TYPES }],
      onRow: ({ field: name = $(), value = $() }) => {
        offerIds(value, () => (/^type\d*$/.test(entered(name).trim()) ? ["types"] : []));
      },
    });
    lists = { mapping, defaults };
    wireSample(mapping);
    $("#dialog-form").on("change keyup input cc-change", () => refresh(node));
    refresh(node);
    livePreview(node, $("#cc-preview"), () => preview(node, mapping, defaults));
  },
  save(node) {
    node["mapping"] = lists?.mapping.items() ?? [];
    node["defaults"] = lists?.defaults.items() ?? [];
  },
});

/** The datalists propose fields and time zones. */
function fillChoices(): void {
  const fields = MEMBER_FIELDS.flatMap((field) =>
    ("numbered" in field ? ["", "2", "3"] : [""]).map((suffix) => field.name + suffix),
  );
  const propose = (list: string, values: readonly string[]): void =>
    void $(list).append(values.map((value) => $("<option>").val(value)[0] as HTMLElement));
  propose("#cc-fields", [...fields, VARIABLE_PREFIX]);
  propose("#cc-zones", Intl.supportedValuesOf("timeZone"));
  propose("#cc-encodings", ENCODINGS);
}

const separator = (): Separator => entered(input("separator")) as Separator;
const sampleText = (): string => entered($("#cc-sample"));

function wireSample(mapping: EditableList): void {
  let proposed = "";
  const learn = (): void => {
    const { columns } = readSample(sampleText(), separator());
    $("#cc-columns")
      .empty()
      .append(columns.map((value) => $("<option>").val(value)[0] as HTMLElement));
    const proposal = proposeMapping(columns);
    // Nothing that a user has entered is touched; what was proposed follows the sample while that is being typed.
    const isUntouched = ["[]", proposed].includes(JSON.stringify(mapping.items()));
    if (columns.length > 0 && isUntouched && JSON.stringify(proposal) !== proposed) {
      mapping.set(proposal);
      proposed = JSON.stringify(mapping.items());
    }
    $("#dialog-form").trigger("cc-change");
  };
  // Once something stands there, nothing below may move when the field is left: a click would go astray.
  $("#cc-sample").on("input change", () => window.setTimeout(learn, 0));
  $("#cc-sample-file").on("click", () => void $("#cc-sample-input").trigger("click"));
  $("#cc-sample-input").on("change", () => {
    const file = ($("#cc-sample-input")[0] as HTMLInputElement).files?.[0];
    if (!file) return;
    void beginningOf(file, entered(input("encoding")).trim()).then(({ text, noText }) => {
      unreadable = noText;
      $("#cc-sample")
        .val(text ?? "")
        .trigger("change");
    });
  });
}

/** Marks the fields that a member does not have, and those to which two columns go. */
function markFields(): void {
  for (const list of ["#cc-mapping", "#cc-defaults"]) {
    const lines = $(list).find(".cc-item").toArray();
    const inputs = lines.map((line) => $(line).find("[data-property=field]"));
    const mapping = lines.map((line, at) => ({
      column: entered($(line).find("[data-property=column]")).trim(),
      field: entered(inputs[at] as JQuery),
    }));
    for (const [at, line] of mapping.entries())
      inputs[at]?.toggleClass(
        "input-error",
        line.field !== "" && (!isFieldOrVariable(line.field) || isDoubled(line, mapping)),
      );
  }
}

function refresh(node: EditorNode): void {
  markFields();
  const source = input("source").val();
  $(".cc-file").toggle(source === "file");
  $(".cc-table").toggle(source !== "payload");
  $("#cc-sample").attr("placeholder", node._(`${TYPE}.hint.sample-${source === "payload" ? "members" : "rows"}`));
  const expiry = entered(input("expiry"));
  for (const kind of ["end-of-day", "duration", "value"]) $(`.cc-expiry-${kind}`).toggle(expiry === kind);
  input("timezone").attr("placeholder", node._(`${TYPE}.empty.timezone`, { zone: serverZone() }));
  $("#cc-expiry-example").text(expiryExample(node, expiry));
}

/** The time zone of the machine that Node-RED runs on. */
function serverZone(): string {
  const zone = RED.settings["webitelDialerMemberUploadZone"];
  return typeof zone === "string" ? zone : localZone();
}

/** `expire_at` of a run that starts now; undefined when only the running flow knows it. */
function expireAt(expiry: string): number | undefined {
  const zone = entered(input("timezone")).trim() || serverZone();
  if (expiry === "end-of-day") return isTimeZone(zone) ? endOfDay(Date.now(), zone) : undefined;
  if (expiry === "duration") return Date.now() + Number(input("expiryDuration").val() || 480) * 60_000;
  return expiry === "value" ? toMillis(literal(typedValue(input("expiryValue")))?.value, zone) : undefined;
}

function expiryExample(node: EditorNode, expiry: string): string {
  if (expiry === "none") return node._(`${TYPE}.example.none`);
  const at = expireAt(expiry);
  const zone = entered(input("timezone")).trim() || serverZone();
  if (at === undefined) return node._(`${TYPE}.example.${expiry === "value" ? "later" : "zone"}`, { zone });
  const shown = isTimeZone(zone) ? zone : serverZone();
  const date = new Intl.DateTimeFormat("sv-SE", { timeZone: shown, dateStyle: "short", timeStyle: "medium" }).format(
    at,
  );
  return node._(`${TYPE}.example.at`, { date, zone: shown, ms: at });
}

/** Names are looked up when the upload runs; every one is taken for known. */
const SHOWN_NAMES: Names = { find: (_, name) => [`‹id of ${name}›`], load: () => Promise.resolve() };

function rejected(node: EditorNode, { key, field, value = "" }: RowError, mapping: readonly Mapping[]): string {
  const words = { field: withColumn(field, mapping), value };
  return `${node._(`${TYPE}.preview.rejected`)} ${node._(`webitel-dialer-member-upload.rows.${key}`, words)}`;
}

function preview(node: EditorNode, mapping: EditableList, defaults: EditableList): unknown {
  const pairs = mapping
    .items()
    .filter(({ column, field }) => column && field)
    .map(({ column = "", field = "" }): Mapping => ({ column, field: fieldOf(field) }));
  const doubled = doubledField(pairs);
  if (doubled)
    return node._(`${TYPE}.preview.twice`, {
      columns: quoted(doubled.columns),
      field: doubled.field,
    });
  const { columns, row } = readSample(sampleText(), separator(), pairs);
  for (const { field = "" } of [...mapping.items(), ...defaults.items()])
    if (field !== "" && !isFieldOrVariable(field)) return node._(`${TYPE}.preview.unknown`, { field });
  if (unreadable && !row) return node._(`webitel.errors.source.${unreadable}`);
  if (!row) return node._(`${TYPE}.preview.${columns.length > 0 ? "header" : "empty"}`);
  if (row.error) return rejected(node, row.error, pairs);
  const shown: Record<string, string> = {};
  const given = defaults.items().map((item): Default => {
    const typed = { value: item["value"] ?? "", type: item["valueType"] ?? "str" };
    const constant = literal(typed);
    // Values that only the running flow knows are filled in after the checks.
    if (!constant) shown[item["field"] ?? ""] = placeholder(typed);
    return { field: item["field"] ?? "", value: constant ? constant.value : "1" };
  });
  const zone = entered(input("timezone")).trim() || serverZone();
  const { member, error } = memberMapper({
    mapping: pairs,
    defaults: given,
    timezone: isTimeZone(zone) ? zone : undefined,
    expireAt: expireAt(entered(input("expiry"))),
    names: SHOWN_NAMES,
  })(row.data) as MappingResult;
  if (error) return rejected(node, error, pairs);
  const fields = Object.entries(shown).map(([field, value]) => `${field} = ${value}`);
  const country = entered(input("country")).trim().toUpperCase();
  return [
    JSON.stringify(mark(member, "‹run›-1"), null, 2),
    // The rules of all countries are too large for a browser.
    ...(country === "" ? [] : [node._(`${TYPE}.preview.country`, { country })]),
    ...(fields.length === 0 ? [] : [node._(`${TYPE}.preview.later`, { fields: fields.join(", ") })]),
  ].join("\n\n");
}
