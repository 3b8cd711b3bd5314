/** The layers of an IVR: a table to look at during a call, a form to change them between calls. */
import { ENDINGS, type Ivr, type Layer, type VoicenterState } from "../../voicenter/state.js";
import { button, el, field, input, notify, type PanelApi, render, row, select, table } from "./api.js";
import { VOICENTER } from "./texts.js";

/** The table on the page. */
interface LayerTable {
  readonly element: HTMLElement;
  /** @param place where the call is, such as `layer 5: Identify`; undefined without a call */
  show(ivr: Ivr | undefined, place: string | undefined): void;
}

/** Builds the table. */
export function layerTable(api: PanelApi<VoicenterState>): LayerTable {
  const title = el("b", {});
  const reading = el("div", {});
  const editing = el("div", { class: "stack" });
  const details = el("details", {}, el("summary", {}, VOICENTER.edit), editing);
  // One of both: the fields have what the table has.
  details.addEventListener("toggle", () => (reading.hidden = details.open));
  let drawn = "";
  return {
    element: el("div", { class: "stack layers" }, title, reading, details),
    show(ivr, place) {
      if (ivr === undefined) return;
      render(title, `${ivr.did} ${ivr.name}`);
      render(
        reading,
        table(
          VOICENTER.columns,
          ivr.layers.map((layer) => cells(layer, place)),
          "",
        ),
      );
      // Not while the user types: the fields are redrawn only when the IVR itself has changed.
      const now = JSON.stringify(ivr);
      if (now === drawn) return;
      drawn = now;
      render(editing, ...editor(ivr, api));
    },
  };
}

function cells(layer: Layer, place: string | undefined): (string | HTMLElement)[] {
  const { id, name, announcement, url, digits, delay, fallback, ending, target } = layer;
  const isHere = place === `layer ${id}: ${name}`;
  const number = el("b", { class: isHere ? "here" : "", ...(isHere && { "aria-current": "step" }) }, String(id));
  if (url === "") return [number, name, announcement, "", "", "", "", VOICENTER.endings[ending], target];
  const path = el("span", { class: "mono" }, new URL(url).pathname);
  return [
    number,
    name,
    announcement,
    digits === 0 ? "–" : String(digits),
    digits === 0 ? "" : String(delay),
    path,
    fallback === undefined ? "–" : String(fallback),
    "",
    "",
  ];
}

type Fields = Record<keyof Layer, HTMLInputElement | HTMLSelectElement>;

function fieldsOf(layer: Layer): Fields {
  const text = (name: keyof Layer, props: Record<string, string | number> = {}): HTMLInputElement =>
    input({
      value: String(layer[name] ?? ""),
      "aria-label": `${VOICENTER.columns[COLUMN[name]]} ${layer.id}`,
      ...props,
    });
  return {
    id: text("id", { type: "number", min: 0 }),
    name: text("name"),
    announcement: text("announcement"),
    digits: text("digits", { type: "number", min: 0, max: 50 }),
    delay: text("delay", { type: "number", min: 1, max: 9 }),
    url: text("url", { type: "url" }),
    fallback: text("fallback", { type: "number", min: 0 }),
    ending: select(
      ENDINGS.map((each) => [each, VOICENTER.endings[each]]),
      { value: layer.ending, "aria-label": `${VOICENTER.columns[7]} ${layer.id}` },
    ),
    target: text("target"),
  };
}

/** In which column a property is. */
const COLUMN: Readonly<Record<keyof Layer, number>> = {
  id: 0,
  name: 1,
  announcement: 2,
  digits: 3,
  delay: 4,
  url: 5,
  fallback: 6,
  ending: 7,
  target: 8,
};

/** Only what counts: a layer with a webhook does what the flow answers, and a hang-up leads nowhere. */
function labelled(fields: Fields): HTMLElement[] {
  const names = Object.keys(COLUMN) as (keyof Layer)[];
  const frames = names.map((name) =>
    el("div", { class: "field", "data-field": name }, el("span", {}, VOICENTER.columns[COLUMN[name]]), fields[name]),
  );
  const refresh = (): void => {
    const asks = fields.url.value.trim() !== "";
    const hidden: readonly string[] = asks
      ? ["ending", "target"]
      : ["digits", "delay", "fallback", ...(fields.ending.value === "hangup" ? ["target"] : [])];
    for (const [at, name] of names.entries()) (frames[at] as HTMLElement).hidden = hidden.includes(name);
  };
  fields.url.addEventListener("input", refresh);
  fields.ending.addEventListener("change", refresh);
  refresh();
  return frames;
}

function editor(ivr: Ivr, api: PanelApi<VoicenterState>): HTMLElement[] {
  let rows = ivr.layers.map(fieldsOf);
  const start = input({ type: "number", value: String(ivr.start) });
  const frame = el("div", { class: "stack" });
  const draw = (): void => {
    const remove = (fields: Fields): HTMLElement =>
      button(
        VOICENTER.remove,
        () => {
          rows = rows.filter((each) => each !== fields);
          draw();
        },
        { "aria-label": `${VOICENTER.remove} ${fields.id.value}` },
      );
    render(frame, ...rows.map((fields) => el("div", { class: "layer" }, ...labelled(fields), remove(fields))));
  };
  const add = (): void => {
    const id = Math.max(0, ...rows.map((fields) => Number(fields.id.value))) + 1;
    rows.push(fieldsOf({ id, name: "", announcement: "", url: "", digits: 0, delay: 5, ending: "queue", target: "" }));
    draw();
  };
  const save = async (): Promise<void> => {
    const layers = rows.map((fields) =>
      Object.fromEntries(Object.entries(fields).map(([name, { value }]) => [name, value])),
    );
    await api.call("save", { ivr: { did: ivr.did, name: ivr.name, start: start.value, layers } });
    notify(VOICENTER.saved, "good");
  };
  draw();
  return [
    frame,
    row(
      field(VOICENTER.start, start),
      button(VOICENTER.add, add),
      button(VOICENTER.save, save, { class: "primary" }),
      button(VOICENTER.restore, () => api.call("restore"), { class: "plain" }),
    ),
  ];
}
