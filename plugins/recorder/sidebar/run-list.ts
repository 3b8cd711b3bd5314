/** The list of runs, the newest first, and the fields that choose among them. */
import { LEVELS } from "../../../lib/recorder/model.js";
import type { RunList, RunSummary } from "./api.js";
import { element } from "./element.js";
import { type Filter, isShown } from "./filter.js";
import { Fold } from "./fold.js";
import { clockTime, milliseconds } from "./times.js";
import { labelOf } from "./nodes.js";
import type { Words } from "./red.js";

const VENDORS = ["anywhere365", "enreach", "voicenter", "webitel"];
const OUTCOMES = ["open", "answered", "fallback", "late", "gone", "refused", "received"];

/** What the list leads to. */
export interface RunListActions {
  open(id: string): void;
  setLevel(level: string): void;
  /** Another number was entered. */
  reload(): void;
  /** The list was drawn. @param ids of the runs whose heat is to be seen; undefined for none */
  heat(ids: readonly string[] | undefined): void;
  /** The scenarios were asked for. */
  scenarios(): void;
}

/** The list on the page. */
export class RunListView {
  readonly element: HTMLElement;
  private readonly level: HTMLSelectElement;
  private readonly vendor: HTMLSelectElement;
  private readonly outcome: HTMLSelectElement;
  private readonly number: HTMLInputElement;
  private readonly slower: HTMLInputElement;
  private readonly search: HTMLInputElement;
  private readonly heat: HTMLButtonElement;
  private readonly scenarios: HTMLButtonElement;
  private readonly fold: Fold;
  private readonly state = element("p", { role: "status" });
  private readonly rows = element("div", { class: "cc-recorder-rows" });
  /** The rows of runs by all that they show. */
  private known = new Map<string, HTMLElement>();
  private list: RunList | undefined;

  constructor(
    private readonly words: Words,
    private readonly actions: RunListActions,
  ) {
    this.fold = new Fold(words);
    const field = (name: string, type: string, placeholder = name): HTMLInputElement =>
      element("input", {
        type,
        placeholder: words(`recorder.sidebar.${placeholder}`),
        "aria-label": words(`recorder.sidebar.${name}`),
      });
    this.level = this.select("level", LEVELS);
    this.vendor = this.select("vendor", ["", ...VENDORS]);
    this.outcome = this.select("outcome", ["", ...OUTCOMES]);
    this.number = field("number", "text");
    this.slower = field("slower", "number", "slower-short");
    this.slower.min = "0";
    this.search = field("search", "text");
    this.heat = element(
      "button",
      {
        class: "cc-recorder-wide",
        type: "button",
        title: words("recorder.sidebar.heat-title"),
        "aria-pressed": "false",
      },
      words("recorder.sidebar.heat"),
    );
    this.heat.addEventListener("click", () => {
      this.heat.setAttribute("aria-pressed", String(!this.isHot));
      this.draw();
    });
    this.level.addEventListener("change", () => actions.setLevel(this.level.value));
    this.number.addEventListener("change", () => actions.reload());
    for (const each of [this.vendor, this.outcome, this.slower, this.search])
      each.addEventListener("input", () => this.draw());
    this.scenarios = element(
      "button",
      { class: "cc-recorder-wide", type: "button", title: words("recorder.scenarios.open-title") },
      words("recorder.scenarios.open"),
    );
    this.scenarios.addEventListener("click", () => actions.scenarios());
    const fields = [
      this.level,
      this.vendor,
      this.outcome,
      this.number,
      this.slower,
      this.search,
      this.heat,
      this.scenarios,
    ];
    this.element = element(
      "div",
      { class: "cc-recorder-list" },
      this.fold.line,
      element("div", { class: "cc-recorder-fields" }, ...fields),
      this.state,
      this.rows,
    );
    this.rows.addEventListener("keydown", (event) => this.move(event));
  }

  /** What was chosen. */
  get filter(): Filter {
    return {
      vendor: this.vendor.value,
      outcome: this.outcome.value,
      number: this.number.value.trim(),
      slowerThan: this.slower.valueAsNumber || 0,
      search: this.search.value.trim(),
    };
  }

  private get isHot(): boolean {
    return this.heat.getAttribute("aria-pressed") === "true";
  }

  /** Shows what the recorder has now. */
  show(list: RunList): void {
    this.list = list;
    this.level.value = list.level;
    this.draw();
  }

  /** The first run, or what is recorded where there is none, or the line that hides that. */
  focus(): void {
    const isFolded = this.level.offsetParent === null;
    const [row = isFolded ? this.fold.line : this.level] = this.rows.children;
    (row as HTMLElement).focus();
  }

  /** Where somebody was who comes back from the scenarios. */
  focusScenarios(): void {
    this.scenarios.focus();
  }

  /** Shows why there is nothing. */
  fail(text: string): void {
    this.state.textContent = text;
  }

  private draw(): void {
    if (!this.list) return;
    const { words, filter } = this;
    const { runs, level, skipped } = this.list;
    const shown = runs.filter((run) => isShown(run, filter, labelOf(run)));
    const drawn = new Map<string, HTMLElement>();
    for (const run of shown) {
      const text = JSON.stringify(run);
      drawn.set(text, this.known.get(text) ?? this.row(run));
    }
    const focused = this.rows.querySelector<HTMLElement>(":focus")?.dataset["run"];
    // What is there already stays, with the focus.
    for (const [text, row] of this.known) if (!drawn.has(text)) row.remove();
    let at = this.rows.firstElementChild;
    for (const row of drawn.values()) {
      if (row === at) at = at.nextElementSibling;
      else this.rows.insertBefore(row, at);
    }
    this.known = drawn;
    // The row of a run of which more is known now is another one.
    if (focused !== undefined && !this.rows.querySelector(":focus"))
      this.rows.querySelector<HTMLElement>(`[data-run="${CSS.escape(focused)}"]`)?.focus();
    this.fold.say(this.chosen(level));
    this.actions.heat(this.isHot ? shown.map(({ id }) => id) : undefined);
    const sentence = level === "off" ? "is-off" : runs.length === 0 ? "none-yet" : "shown";
    this.state.textContent = [
      words(`recorder.sidebar.${sentence}`, { shown: shown.length, all: runs.length }),
      skipped > 0 ? words("recorder.sidebar.skipped", { skipped }) : "",
    ].join(" ");
  }

  /** What the fields say, in a few words. */
  private chosen(level: string): (string | undefined)[] {
    const { words, filter } = this;
    const { vendor, outcome, number, slowerThan, search } = filter;
    const chosen = [
      vendor,
      outcome && words(`recorder.outcome.${outcome}`),
      number,
      slowerThan > 0 ? `> ${milliseconds(slowerThan)}` : "",
      search,
    ].filter(Boolean);
    const shown = chosen.length > 0 ? chosen : [words("recorder.sidebar.fold-all")];
    return [level, ...shown, this.isHot ? words("recorder.sidebar.fold-heat") : undefined];
  }

  private row(run: RunSummary): HTMLElement {
    const { words } = this;
    const call = [run.call?.from, run.call?.to].filter(Boolean).join(" → ");
    const replay = run.replayOf === undefined ? undefined : words("recorder.sidebar.replay");
    const failed = run.failures === undefined ? undefined : words("recorder.sidebar.failures");
    const outcome = [replay, words(`recorder.outcome.${run.outcome}`), run.reason, failed].filter(Boolean).join(", ");
    const count = run.count === undefined ? "" : ` ×${run.count}`;
    const span = (name: string, text: string): HTMLElement => element("span", { class: `cc-recorder-${name}` }, text);
    const row = element(
      "button",
      { class: `cc-recorder-run cc-recorder-is-${run.outcome}`, type: "button", "data-run": run.id },
      span("time", clockTime(run.start)),
      span("name", labelOf(run)),
      span("outcome", `${outcome}${count}`),
      span("ms", run.latencyMs === undefined ? "" : milliseconds(run.latencyMs)),
      span("vendor", run.vendor),
      span("event", run.event ?? ""),
      span("call", call),
      span("answer", run.answer ? `${run.answer.status} ${run.answer.json ?? ""}` : ""),
    );
    row.addEventListener("click", () => this.actions.open(run.id));
    return row;
  }

  private select(name: string, values: readonly string[]): HTMLSelectElement {
    const { words } = this;
    const label = words(`recorder.sidebar.${name}`);
    const textOf = (value: string): string => {
      if (value === "") return words(`recorder.sidebar.all-${name}`);
      if (name === "vendor") return value;
      const text = words(`recorder.${name}.${value}`);
      // A level has the name that settings.js gives it.
      return name === "level" ? `${value}: ${text}` : text;
    };
    return element(
      "select",
      { "aria-label": label, title: label },
      ...values.map((value) => element("option", { value }, textOf(value))),
    );
  }

  /** Arrow keys lead from run to run. */
  private move(event: KeyboardEvent): void {
    const row = event.target as HTMLElement;
    const next = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    event.stopPropagation();
    if (next instanceof HTMLElement) next.focus();
  }
}
