/** The panel of Enreach RTE: a day, single events and what goes wrong on the left; queues, agents and what was sent on the right. */
import { EVENTS, GROUPS } from "../../../lib/rte/tables.js";
import { type Fault, FAULTS } from "../../rte/faults.js";
import type { AgentState, QueueState, RteState } from "../../rte/state.js";
import {
  badge,
  button,
  card,
  columns,
  copyable,
  el,
  field,
  input,
  json,
  notify,
  type PanelApi,
  render,
  row,
  select,
  table,
  timeOfDay,
  type Tone,
} from "./api.js";

/** What the panel says. */
const WORDS = {
  day: "A day of calls",
  play: "play",
  speed: "Takes",
  speeds: { 600: "ten minutes", 3600: "an hour", 60: "a minute" },
  stop: "stop",
  stopped: "Not playing. Each day begins at eight.",
  queues: "Queues",
  queueHead: ["Queue", "Id", "Waiting", "Talking", "Free agents", "Longest wait"],
  closed: "no right",
  closedHint: "The hub refuses its subscription: the demo user may not see it.",
  agents: "Agents",
  agentHead: ["Agent", "Id", "Chosen", "State", "Note"],
  states: { talking: "talking", free: "free", away: "away" },
  lists: "Call list",
  listHead: ["Call list", "Id", "Open requests"],
  events: "Send one event",
  event: "Event",
  entity: "Entity id",
  entityHint: "Blank: the first agent, queue or call list.",
  send: "Send",
  sent: (receivers: number) =>
    receivers === 0
      ? "Nobody has subscribed this event."
      : `Sent to ${receivers} connection${receivers === 1 ? "" : "s"}.`,
  faults: "What goes wrong",
  fault: "From now on",
  drop: "break all sockets",
  restart: "restart the hub",
  down: "switch the hub off",
  up: "switch it on",
  connections: "Connections",
  noConnections: "Nobody is connected. An rte-subscribe node does that.",
  subscriptions: (count: number) => `${count} subscription${count === 1 ? "" : "s"}`,
  log: "Events sent",
  logHead: ["Time", "Event", "Of", "Received by"],
  noEvents: "No event was sent.",
} as const;

const ENTITY_OF = { User: "user", Queue: "queue", CallList: "call list" } as const;

/** Builds the panel. */
export function mount(section: HTMLElement, api: PanelApi<RteState>): void {
  const clock = el("div", { class: "row" });
  const queues = el("div", { class: "stack" });
  const agents = el("div", { class: "stack" });
  const lists = el("div", { class: "stack" });
  const faults = faultsCard(api);
  const event = eventCard(api);
  const speed = select(Object.entries(WORDS.speeds));
  speed.value = "600";
  const day = card(WORDS.day, clock);
  const shown = [card(WORDS.queues, queues), card(WORDS.agents, agents), lists];
  columns(section, [day, event.element, faults.element], shown, [day, event.element, ...shown, faults.element]);
  api.subscribe((state) => {
    render(clock, ...clockOf(state, api, speed));
    const { id, name, open } = state.callList;
    render(
      queues,
      table(WORDS.queueHead, [...state.queues.map(queueRow), closedRow(state)], ""),
      table(WORDS.listHead, [[name, copyable(id), open]], ""),
    );
    event.show(state);
    render(agents, table(WORDS.agentHead, state.agents.map(agentRow), ""));
    faults.show(state);
    render(lists, connectionsCard(state), logCard(state));
  });
}

function clockOf({ progress }: RteState, api: PanelApi<RteState>, speed: HTMLSelectElement): HTMLElement[] {
  if (progress === undefined)
    return [
      field(WORDS.speed, speed),
      button(WORDS.play, () => api.call("play", { seconds: Number(speed.value) }), {
        class: "primary",
        "data-key": "play",
      }),
      el("span", { class: "muted" }, WORDS.stopped),
    ];
  const minutes = 8 * 60 + Math.round(progress * 8 * 60);
  const time = `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  return [
    button(WORDS.stop, () => api.call("pause"), { "data-key": "play" }),
    el("progress", { value: progress, max: 1, "aria-label": WORDS.day }),
    el("span", {}, time),
  ];
}

function queueRow({ id, name, waiting, connected, free, longestWait }: QueueState): (HTMLElement | string | number)[] {
  const tone: Tone = waiting === 0 ? "good" : free > 0 ? "warn" : "bad";
  return [name, copyable(id), badge(String(waiting), tone), connected, free, `${longestWait} s`];
}

/** A queue that the demo user has no right to, so that a refusal can be tried. */
function closedRow({ closedQueue: { id, name } }: RteState): (HTMLElement | string)[] {
  return [name, copyable(id), el("span", { title: WORDS.closedHint }, badge(WORDS.closed)), "", "", ""];
}

function agentRow({ id, name, availability, note, talking, free }: AgentState): (HTMLElement | string)[] {
  const state = talking ? "talking" : free ? "free" : "away";
  const tone: Tone = talking ? "info" : free ? "good" : "quiet";
  return [name, copyable(id), availability, badge(WORDS.states[state], tone), note];
}

function eventCard(api: PanelApi<RteState>): { element: HTMLElement; show: (state: RteState) => void } {
  const event = el("select", {});
  for (const [group, events] of Object.entries(GROUPS)) {
    event.append(
      el(
        "optgroup",
        { label: ENTITY_OF[group as keyof typeof GROUPS] },
        ...Object.keys(events).map((name) => el("option", { value: name }, name)),
      ),
    );
  }
  event.value = "QueueCallInComing" satisfies keyof typeof EVENTS;
  const entities = el("datalist", { id: "rte-entities" });
  const entity = input({ list: "rte-entities" });
  const send = button(
    WORDS.send,
    async () => {
      const { receivers } = (await api.call("emit", { name: event.value, entityId: entity.value.trim() })) as {
        receivers: number;
      };
      notify(WORDS.sent(receivers), receivers === 0 ? "warn" : "good");
    },
    { class: "primary" },
  );
  const element = card(
    WORDS.events,
    field(WORDS.event, event),
    field(WORDS.entity, entity, WORDS.entityHint),
    entities,
    row(send),
  );
  let isKnown = false;
  return {
    element,
    show({ queues, agents, callList }) {
      if (isKnown) return;
      isKnown = true;
      render(entities, ...[...queues, ...agents, callList].map(({ id, name }) => el("option", { value: id }, name)));
    },
  };
}

function faultsCard(api: PanelApi<RteState>): { element: HTMLElement; show: (state: RteState) => void } {
  const fault = select(Object.entries(FAULTS));
  fault.addEventListener(
    "change",
    () => void api.call("fault", { fault: fault.value }).catch((error: unknown) => notify(String(error), "bad")),
  );
  const power = el("div", { class: "row" });
  const element = card(
    WORDS.faults,
    field(WORDS.fault, fault),
    row(
      button(WORDS.drop, () => api.call("drop")),
      button(WORDS.restart, () => api.call("restart")),
    ),
    power,
  );
  return {
    element,
    show({ fault: now, up }) {
      if (document.activeElement !== fault) fault.value = now satisfies Fault;
      render(
        power,
        up
          ? button(WORDS.down, () => api.call("down"), { class: "danger", "data-key": "power" })
          : button(WORDS.up, () => api.call("up"), { "data-key": "power" }),
      );
    },
  };
}

function connectionsCard({ connections }: RteState): HTMLElement {
  const rows = connections.map(({ id, subscriptions }) =>
    el("p", {}, badge(id.slice(0, 8), "good"), ` ${WORDS.subscriptions(subscriptions)}`),
  );
  return card(WORDS.connections, ...(rows.length > 0 ? rows : [el("p", { class: "muted" }, WORDS.noConnections)]));
}

function logCard({ log, queues, agents, callList }: RteState): HTMLElement {
  const nameOf = (entity: string): string =>
    [...queues, ...agents, callList].find(({ id }) => id === entity)?.name ?? entity;
  return card(
    WORDS.log,
    table(
      WORDS.logHead,
      log.map(({ at, name, entityId, data, receivers }) => [
        timeOfDay(at),
        el("details", { "data-key": `${at} ${name} ${entityId}` }, el("summary", {}, name), json(data)),
        nameOf(entityId),
        receivers,
      ]),
      WORDS.noEvents,
    ),
  );
}
