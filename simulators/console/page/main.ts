/** The frame of the console: one tab per simulator, and the one stream that feeds them all. */
import { SIMULATOR_LABELS, type SimulatorName } from "../../simulator.js";
import type { About, Connect } from "./about.js";
import { badge, card, copyable, el, type PanelApi, render, row } from "./api.js";
import * as cti from "./cti.js";
import * as rte from "./rte.js";
import * as smartrouting from "./smartrouting.js";
import * as voicenter from "./voicenter.js";
import * as webitel from "./webitel.js";
import { HINTS, WORDS } from "./texts.js";

/** In the order of the tabs. */
const PANELS: Readonly<Record<SimulatorName, { mount(section: HTMLElement, api: PanelApi<never>): void }>> = {
  smartrouting,
  voicenter,
  rte,
  cti,
  webitel,
};

/** What arrived for one simulator, and who wants to know. */
class SimulatorFeed implements PanelApi {
  private latest: unknown;
  private readonly listeners: ((state: unknown) => void)[] = [];

  constructor(private readonly name: SimulatorName) {}

  state(): unknown {
    return this.latest;
  }

  subscribe(listener: (state: unknown) => void): void {
    this.listeners.push(listener);
    if (this.latest !== undefined) listener(this.latest);
  }

  push(state: unknown): void {
    this.latest = state;
    for (const listener of this.listeners) listener(state);
  }

  async call(action: string, input: object = {}): Promise<unknown> {
    const response = await fetch(`/api/${this.name}/${action}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(input),
    });
    const answer = (await response.json()) as { result?: unknown; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  }
}

const feeds = new Map<SimulatorName, SimulatorFeed>();
const tabs = document.getElementById("tabs") as HTMLElement;
const panels = document.getElementById("panels") as HTMLElement;

/** Shows one tab and names it in the address, so that a reload stays there. */
function choose(name: string, focus = false): void {
  for (const tab of tabs.querySelectorAll<HTMLElement>("[role=tab]")) {
    const chosen = tab.dataset["simulator"] === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    if (chosen && focus) tab.focus();
    if (chosen) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    (document.getElementById(`panel-${tab.dataset["simulator"]}`) as HTMLElement).hidden = !chosen;
  }
  if (location.hash !== `#${name}`) history.replaceState(null, "", `#${name}`);
}

/** Arrow keys, Home and End walk through the tabs. */
function walk(event: KeyboardEvent): void {
  const names = [...feeds.keys()];
  const now = names.findIndex((name) => name === (event.target as HTMLElement).dataset["simulator"]);
  const next = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: names.length - 1 }[event.key];
  const name = next === undefined ? undefined : names.at(next % names.length);
  if (name === undefined) return;
  event.preventDefault();
  choose(name, true);
}

function mountStands(about: About): void {
  const shown = (Object.keys(PANELS) as SimulatorName[]).filter((name) => about.simulators.includes(name));
  if (feeds.size > 0) {
    // The command was restarted with other simulators: its page reloads.
    if (shown.join() !== [...feeds.keys()].join()) location.reload();
    return;
  }
  for (const name of shown) {
    const feed = new SimulatorFeed(name);
    feeds.set(name, feed);
    const section = el("div", { class: "panel" });
    tabs.append(
      el(
        "button",
        {
          type: "button",
          role: "tab",
          id: `tab-${name}`,
          "data-simulator": name,
          "aria-controls": `panel-${name}`,
          onclick: () => choose(name),
        },
        SIMULATOR_LABELS[name],
      ),
    );
    panels.append(
      el(
        "section",
        { id: `panel-${name}`, class: name, role: "tabpanel", "aria-labelledby": `tab-${name}`, hidden: true },
        el("p", { class: "hint" }, HINTS[name]),
        connectCard(about.connect[name]),
        section,
      ),
    );
    PANELS[name].mount(section, feed as unknown as PanelApi<never>);
  }
  const asked = location.hash.slice(1);
  const first = shown.find((name) => name === asked) ?? shown[0];
  if (first !== undefined) choose(first);
}

/** Fields of a form that are chosen from a list: their values are not pasted. */
const CHOICES: ReadonlySet<string> = new Set(["Log in with", "Authentication"]);

/** What a connection's form asks for, each value to be copied, or chosen. */
function connectCard(fields: Connect | undefined): HTMLElement | undefined {
  if (fields === undefined) return undefined;
  const pairs = fields.map(([label, value]) =>
    el(
      "div",
      { class: "field" },
      el("span", {}, label),
      CHOICES.has(label) ? el("div", { class: "mono" }, value) : copyable(value),
    ),
  );
  return el("div", { class: "connect" }, card(WORDS.connect, row(...pairs)));
}

function connect(): void {
  const connection = document.getElementById("connection") as HTMLElement;
  const stream = new EventSource("/api/events");
  stream.addEventListener("open", () => render(connection, badge(WORDS.connected, "good")));
  stream.addEventListener("error", () => render(connection, badge(WORDS.disconnected, "bad")));
  stream.addEventListener("about", (event: MessageEvent<string>) => {
    const about = JSON.parse(event.data) as About;
    render(
      document.getElementById("links") as HTMLElement,
      ...about.links.map(({ label, url }) => el("a", { href: url, target: "_blank", rel: "noreferrer" }, label)),
    );
    mountStands(about);
  });
  stream.addEventListener("state", (event: MessageEvent<string>) => {
    const { simulator, state } = JSON.parse(event.data) as { simulator: SimulatorName; state: unknown };
    feeds.get(simulator)?.push(state);
  });
}

tabs.addEventListener("keydown", walk);
window.addEventListener("hashchange", () => choose(location.hash.slice(1)));
connect();
