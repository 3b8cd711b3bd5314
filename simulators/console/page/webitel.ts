/** The panel of Webitel: a caller, the dialer and what goes wrong on the left; queues, calls and attempts on the right. */
import type { AttemptState, HookAnswer, MemberState, QueueState, WebitelState } from "../../webitel/state.js";
import {
  badge,
  button,
  card,
  copyable,
  el,
  field,
  input,
  json,
  type PanelApi,
  render,
  row,
  select,
  table,
  timeOfDay,
} from "./api.js";

/** What the panel says. */
const WORDS = {
  lookup: "A customer calls in",
  cid: "Caller number",
  cidHint: "Blank: the number is withheld.",
  lookupUrl: "Lookup webhook",
  ask: "Ask the flow",
  answered: "answered in",
  dialer: "The dialer calls",
  queue: "Queue",
  agent: "Agent",
  eventUrl: "Event webhook",
  offer: "Offer the next member",
  bridge: "Agent answers",
  faults: "What goes wrong",
  fault: "The next request",
  retryAfter: "Retry-After (s)",
  lateSeconds: "Late work after (s)",
  apply: "Apply",
  queues: "Dialer queues",
  columns: ["Name", "Numbers", "Bucket", "Until", "Tries"],
  nobody: "Nobody is in this queue. A Webitel upload node fills it.",
  inbound: "inbound, takes no members",
  loaded: "loaded",
  waiting: "not called yet",
  search: "Search",
  searchHint: "name or number",
  found: "found",
  empty: "Empty the queue",
  calls: "Calls that agents started",
  callColumns: ["At", "Agent", "Destination"],
  noCalls: "No call. A Webitel create call node starts one.",
  attempts: "Attempts",
  attemptColumns: ["Attempt", "Number", "Queue", "Agent", "State", "Result"],
  agents: "Agents",
  agentColumns: ["Agent", "Agent id", "User id", "Extension"],
  lookups: "What members name, by id or by name",
  lookupColumns: ["Field", "Id", "Name"],
  noAttempts: "No attempt. Load members, then let the dialer offer one.",
} as const;

type Api = PanelApi<WebitelState>;

/** Builds the panel. */
export function mount(section: HTMLElement, api: Api): void {
  const lookup = lookupCard(api);
  const dialer = dialerCard(api);
  const faults = faultsCard(api);
  const queues = queuesCard(api);
  const lists = el("div", { class: "stack" });
  section.classList.add("split");
  section.append(
    el("div", { class: "stack" }, lookup.element, dialer.element, faults.element),
    el("div", { class: "stack" }, queues.element, lists),
  );
  let known = false;
  api.subscribe((state) => {
    if (!known) {
      known = true;
      for (const part of [lookup, dialer, faults, queues]) part.fill(state);
    }
    queues.draw(state);
    render(lists, callsCard(state), attemptsCard(state.attempts), idsCards(state));
  });
}

interface Part {
  element: HTMLElement;
  /** Called with the first state. */
  fill(state: WebitelState): void;
}

const choices = (choice: HTMLSelectElement, options: readonly (readonly [string, string])[]): void =>
  render(choice, ...options.map(([value, label]) => el("option", { value }, label)));

function answerView({ status, ms, body }: HookAnswer): HTMLElement[] {
  return [
    el("div", {}, badge(String(status), status === 200 ? "good" : "bad"), ` ${WORDS.answered} ${ms} ms`),
    json(body),
  ];
}

function lookupCard(api: Api): Part {
  const cid = input({ value: "+380441112233", inputmode: "tel" });
  const url = input({ type: "url" });
  const answer = el("div", { class: "stack", role: "status", "aria-live": "polite" });
  const ask = async (): Promise<void> =>
    render(answer, ...answerView((await api.call("lookup", { url: url.value, cid: cid.value.trim() })) as HookAnswer));
  return {
    element: card(
      WORDS.lookup,
      field(WORDS.cid, cid, WORDS.cidHint),
      field(WORDS.lookupUrl, url),
      row(button(WORDS.ask, ask, { class: "primary" })),
      answer,
    ),
    fill({ hooks }) {
      url.value = hooks.lookupUrl;
    },
  };
}

function dialerCard(api: Api): Part {
  const queue = select([]);
  const agent = select([]);
  const url = input({ type: "url" });
  const answer = el("div", { class: "stack", role: "status", "aria-live": "polite" });
  const press = async (action: string, more: object): Promise<void> => {
    const result = (await api.call(action, { url: url.value, ...more })) as { answer: HookAnswer };
    render(answer, ...answerView(result.answer));
  };
  const offer = button(WORDS.offer, () => press("offer", { queue: queue.value, agent: agent.value }), {
    class: "primary",
  });
  const bridge = button(WORDS.bridge, () => press("bridge", {}));
  return {
    element: card(
      WORDS.dialer,
      row(field(WORDS.queue, queue), field(WORDS.agent, agent)),
      field(WORDS.eventUrl, url),
      row(offer, bridge),
      answer,
    ),
    fill({ queues, agents, hooks }) {
      choices(
        queue,
        queues.filter(({ takesMembers }) => takesMembers).map(({ id, name }) => [id, `${id} ${name}`]),
      );
      choices(
        agent,
        agents.map(({ name = "", extension = "" }) => [extension, `${extension} ${name}`]),
      );
      url.value = hooks.eventUrl;
    },
  };
}

function faultsCard(api: Api): Part {
  const fault = select([]);
  const retryAfter = input({ inputmode: "numeric" });
  const lateSeconds = input({ inputmode: "numeric" });
  const apply = button(WORDS.apply, () =>
    api.call("fault", { fault: fault.value, retryAfter: retryAfter.value, lateSeconds: lateSeconds.value }),
  );
  return {
    element: card(
      WORDS.faults,
      field(WORDS.fault, fault),
      row(field(WORDS.retryAfter, retryAfter), field(WORDS.lateSeconds, lateSeconds), apply),
    ),
    fill({ faults }) {
      choices(
        fault,
        Object.entries(faults).map(([name, what]) => [name, `${name}: ${what}`]),
      );
    },
  };
}

function queuesCard(api: Api): Part & { draw(state: WebitelState): void } {
  const chosen = el("select", { onchange: () => redraw() });
  const text = input({ placeholder: WORDS.searchHint });
  const found = el("div", { class: "stack" });
  const shown = el("div", { class: "stack" });
  const search = async (): Promise<void> => {
    const { found: count, members } = (await api.call("search", { queue: chosen.value, text: text.value })) as {
      found: number;
      members: MemberState[];
    };
    render(
      found,
      el("div", {}, badge(`${count.toLocaleString()} ${WORDS.found}`, "info")),
      members.length > 0 && memberTable(members),
    );
  };
  const empty = button(WORDS.empty, () => api.call("empty", { queue: chosen.value }), { class: "danger" });
  const draw = ({ queues }: WebitelState): void => {
    const queue = queues.find(({ id }) => id === chosen.value);
    if (queue) render(shown, ...queueView(queue));
  };
  const redraw = (): void => {
    render(found);
    const state = api.state();
    if (state) draw(state);
  };
  return {
    element: card(
      WORDS.queues,
      row(field(WORDS.queue, chosen), field(WORDS.search, text), button(WORDS.search, search), empty),
      found,
      shown,
    ),
    fill({ queues }) {
      choices(
        chosen,
        queues.map(({ id, name }) => [id, `${id} ${name}`]),
      );
    },
    draw,
  };
}

function queueView({ takesMembers, loaded, waiting, latest }: QueueState): HTMLElement[] {
  if (!takesMembers) return [el("div", {}, badge(WORDS.inbound, "quiet"))];
  return [
    el(
      "div",
      { class: "row" },
      badge(`${loaded.toLocaleString()} ${WORDS.loaded}`, loaded > 0 ? "good" : "quiet"),
      badge(`${waiting.toLocaleString()} ${WORDS.waiting}`, "info"),
    ),
    memberTable(latest),
  ];
}

function memberTable(members: readonly MemberState[]): HTMLElement {
  const until = (iso: string): string => (iso === "" ? "" : new Date(iso).toLocaleString([], { hour12: false }));
  return table(
    WORDS.columns,
    members.map(({ name, numbers, bucket, expireAt, attempts }) => [name, numbers, bucket, until(expireAt), attempts]),
    WORDS.nobody,
  );
}

function callsCard({ calls }: WebitelState): HTMLElement {
  return card(
    WORDS.calls,
    table(
      WORDS.callColumns,
      calls.map(({ at, from, destination }) => [timeOfDay(at), from, destination]),
      WORDS.noCalls,
    ),
  );
}

/** What a flow names by id. */
function idsCards({ agents, lookups }: WebitelState): HTMLElement {
  const userOf = ({ user }: WebitelState["agents"][number]): string => (user as { id?: string } | undefined)?.id ?? "";
  return el(
    "div",
    { class: "stack" },
    card(
      WORDS.agents,
      table(
        WORDS.agentColumns,
        agents.map((agent) => [
          agent.name,
          copyable(agent.id),
          copyable(userOf(agent)),
          copyable(agent.extension ?? ""),
        ]),
        "",
      ),
    ),
    card(
      WORDS.lookups,
      table(
        WORDS.lookupColumns,
        lookups.map(([kind, id, name]) => [kind, copyable(id), name]),
        "",
      ),
    ),
  );
}

function attemptsCard(attempts: readonly AttemptState[]): HTMLElement {
  const rows = attempts.map(({ id, cid, queue, agent, state, result }) => [
    id,
    cid,
    queue,
    agent,
    badge(state, state === "bridged" ? "good" : state === "reported" ? "info" : "warn"),
    result ? JSON.stringify(result) : "",
  ]);
  return card(WORDS.attempts, table(WORDS.attemptColumns, rows, WORDS.noAttempts));
}
