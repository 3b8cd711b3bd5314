/** The panel of the CTI Broker: agents and their calls on the left, what our nodes registered, sent and were told on the right. */
import type { AgentState, CallState, CtiState, Faults } from "../../cti/state.js";
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
  ring: "Ring an agent",
  agent: "Agent",
  loggedOut: "Logged out: rings here all the same. The vendor's document does not say whether a broker does so.",
  caller: "Caller number",
  session: "Direction",
  sessions: { Inbound: "inbound: a customer calls", Outbound: "outbound: the agent calls" },
  agents: "Agents",
  login: "log in",
  logout: "log out",
  refuses: "next log-ins fail",
  beats: "heartbeats",
  calls: "Calls",
  noCalls: "No call yet. Ring an agent, or send a Dial from a flow.",
  answer: "answer",
  hold: "hold",
  retrieve: "take back",
  transfer: "transfer",
  fails: "transfer that fails",
  hangup: "hang up",
  to: "Transfer to",
  subscriptions: "Registered callback addresses",
  noSubscriptions: "Nothing is registered. A cti-subscribe node does that.",
  forget: "Forget them all",
  forgetHint: "As a broker might after a restart: nobody is told.",
  everybody: "all agents",
  events: "Events sent",
  noEvents: "No event was sent.",
  commands: "Commands received",
  noCommands: "No command came in.",
  faults: "What goes wrong",
  kind: "Kind of broker",
  kinds: {
    fast: "fast",
    serial: "serial: 30 ms for each request, one after another",
    limited: "limited: 503 above 8 requests at once",
    refusing: "refusing: 503 for the first agent",
    idempotent: "idempotent: the same id for the same agent",
  },
  style: "Enumerations in events",
  styles: { number: "numbers (the vendor's tables)", name: "names" },
  slow: "Answer after (ms)",
  refuse: "Refuse the next … requests (500)",
  lose: "Cut off the next … answers",
  apply: "Apply",
  burst: "Burst: 1,000 events/s for 5 s",
} as const;

const PLACES: Readonly<Record<CallState["place"], Tone>> = {
  hunting: "info",
  connected: "good",
  held: "warn",
  ended: "quiet",
};

/** Builds the panel. */
export function mount(section: HTMLElement, api: PanelApi<CtiState>): void {
  const agents = el("div", { class: "stack" });
  const calls = el("div", { class: "stack" });
  const lists = el("div", { class: "stack" });
  const to = el("select", {});
  const phone = phoneCard(api);
  const agentsCard = card(WORDS.agents, agents);
  const toField = field(WORDS.to, to);
  const callsCard = card(WORDS.calls, toField, calls);
  const faults = faultsCard(api);
  columns(
    section,
    [phone.element, agentsCard, faults],
    [callsCard, lists],
    [phone.element, callsCard, agentsCard, lists, faults],
  );
  let known = "";
  api.subscribe((state) => {
    const addresses = state.agents.map(({ address }) => address);
    if (addresses.join() !== known) {
      known = addresses.join();
      for (const choice of [phone.agent, to])
        render(choice, ...addresses.map((address) => el("option", { value: address }, shortName(address))));
      to.selectedIndex = Math.min(1, addresses.length - 1);
    }
    phone.show(state);
    render(agents, ...state.agents.map((agent) => agentRow(agent, api)));
    const open = state.calls.filter(({ place }) => place !== "ended");
    const ended = state.calls.filter(({ place }) => place === "ended").slice(0, 3);
    toField.hidden = !open.some(({ place }) => STEPS[place].includes("transfer"));
    // Nobody is transferred to whom he talks to already.
    if (open.length > 0 && open.every(({ agent }) => agent === to.value))
      to.value = addresses.find((address) => address !== to.value) ?? to.value;
    const shown = [...open, ...ended].map((call) => callRow(call, api, () => to.value));
    render(calls, ...(shown.length > 0 ? shown : [el("p", { class: "muted" }, WORDS.noCalls)]));
    render(lists, ...listCards(state, api));
  });
}

interface PhoneCard {
  element: HTMLElement;
  agent: HTMLSelectElement;
  show(state: CtiState | undefined): void;
}

function phoneCard(api: PanelApi<CtiState>): PhoneCard {
  const agent = el("select", {});
  const loggedOut = el("small", { class: "muted", role: "status" }, WORDS.loggedOut);
  const show = (state: CtiState | undefined): void => {
    loggedOut.hidden = state?.agents.find(({ address }) => address === agent.value)?.loggedIn !== false;
  };
  agent.addEventListener("change", () => show(api.state()));
  const caller = input({ value: "+31201234567", inputmode: "tel" });
  const session = select(Object.entries(WORDS.sessions));
  const ring = button(
    "Ring",
    () => api.call("ring", { agent: agent.value, ani: caller.value.trim(), session: session.value }),
    { class: "primary" },
  );
  return {
    element: card(
      WORDS.ring,
      el("div", { class: "field" }, field(WORDS.agent, agent), loggedOut),
      field(WORDS.caller, caller),
      field(WORDS.session, session),
      row(ring),
    ),
    agent,
    show,
  };
}

function agentRow({ address, loggedIn, refusesLogin, heartbeats }: AgentState, api: PanelApi<CtiState>): HTMLElement {
  const refuses = el("input", {
    type: "checkbox",
    checked: refusesLogin,
    "data-key": `refuses ${address}`,
    onchange: () => void api.call("refuseLogin", { agent: address, refuse: refuses.checked }),
  });
  const turn = loggedIn ? "logout" : "login";
  return el(
    "div",
    {},
    el(
      "div",
      { class: "row" },
      el("b", {}, shortName(address)),
      badge(loggedIn ? "logged in" : "logged out", loggedIn ? "good" : "quiet"),
      heartbeats > 0 && badge(`${heartbeats} ${WORDS.beats}`, "info"),
    ),
    copyable(address),
    el(
      "div",
      { class: "row below" },
      button(WORDS[turn], () => api.call(turn, { agent: address }), {
        "data-key": `${turn} ${address}`,
        "aria-label": `${WORDS[turn]} ${shortName(address)}`,
      }),
      el("label", { class: "check" }, refuses, WORDS.refuses),
    ),
  );
}

/** The buttons that make sense where the call is. */
const STEPS: Readonly<
  Record<CallState["place"], readonly ("answer" | "hold" | "retrieve" | "transfer" | "fails" | "hangup")[]>
> = {
  hunting: ["answer", "hangup"],
  connected: ["hold", "transfer", "fails", "hangup"],
  held: ["retrieve", "transfer", "hangup"],
  ended: [],
};

function callRow(call: CallState, api: PanelApi<CtiState>, to: () => string): HTMLElement {
  const { id, ani, agent, place, session } = call;
  const press = (step: (typeof STEPS)[CallState["place"]][number]): Promise<unknown> => {
    if (step === "transfer") return api.call("transfer", { id, to: to(), works: true });
    if (step === "fails") return api.call("transfer", { id, to: to(), works: false });
    return api.call(step, { id });
  };
  const buttons = STEPS[place].map((step) =>
    button(WORDS[step], () => press(step), {
      "data-key": `${step} ${id}`,
      ...(step === "answer" && { class: "primary" }),
      ...(step === "hangup" && { class: "danger" }),
    }),
  );
  return el(
    "div",
    { "data-call": id },
    el(
      "div",
      { class: "row" },
      badge(place, PLACES[place]),
      el("b", {}, ani || "withheld"),
      el("span", { class: "muted" }, `${session.toLowerCase()}, ${shortName(agent)}`),
    ),
    buttons.length > 0 && row(...buttons),
  );
}

function listCards(state: CtiState, api: PanelApi<CtiState>): HTMLElement[] {
  const mono = (text: string): HTMLElement => el("span", { class: "mono" }, text);
  const registered = state.subscriptions.map(({ address, callback, delivered, failed }) => [
    address === "" ? WORDS.everybody : shortName(address),
    el("span", { class: "mono wrap" }, callback),
    delivered,
    failed > 0 ? badge(String(failed), "bad") : 0,
  ]);
  const events = state.deliveries
    .slice(0, 20)
    .map(({ id, at, event, address, callId, answer, body }) => [
      timeOfDay(at),
      el("details", { "data-key": id }, el("summary", {}, String(event)), json(body)),
      shortName(address),
      mono(callId.slice(0, 8)),
      badge(String(answer), answer === 200 ? "good" : "bad"),
    ]);
  const commands = state.commands
    .slice(0, 20)
    .map(({ at, command, address, number, status }) => [
      timeOfDay(at),
      command,
      shortName(address),
      number ?? "",
      badge(String(status), status < 300 ? "good" : "bad"),
    ]);
  return [
    card(
      WORDS.subscriptions,
      table(["Agent", "Address", "Delivered", "Failed"], registered, WORDS.noSubscriptions),
      registered.length > 0 &&
        row(
          button(WORDS.forget, () => api.call("forget"), { class: "danger", "data-key": "forget" }),
          el("small", {}, WORDS.forgetHint),
        ),
    ),
    card(WORDS.events, table(["Time", "Event", "Agent", "Call", "Answer"], events, WORDS.noEvents)),
    card(WORDS.commands, table(["Time", "Command", "Agent", "Number", "Answer"], commands, WORDS.noCommands)),
  ];
}

function faultsCard(api: PanelApi<CtiState>): HTMLElement {
  const kind = select(Object.entries(WORDS.kinds));
  kind.addEventListener("change", () => void api.call("kind", { kind: kind.value }));
  const style = select(Object.entries(WORDS.styles));
  style.addEventListener("change", () => void api.call("enumStyle", { style: style.value }));
  const count = (): HTMLInputElement => input({ type: "number", min: 0, value: 0 });
  const fields: Record<keyof Omit<Faults, "refuseStatus">, HTMLInputElement> = {
    slowMs: count(),
    refuse: count(),
    lose: count(),
  };
  const apply = (): Promise<unknown> =>
    api.call(
      "fault",
      Object.fromEntries(Object.entries(fields).map(([name, control]) => [name, Number(control.value)])),
    );
  const startBurst = async (): Promise<void> => {
    const report = (await api.call("burst", { rate: 1000, seconds: 5 })) as { events: number; durationMs: number };
    notify(`${report.events} events were answered in ${(report.durationMs / 1000).toFixed(1)} s.`, "good");
  };
  let first = true;
  api.subscribe(({ kind: now, enumStyle, faults }) => {
    kind.value = now;
    style.value = enumStyle;
    if (first)
      for (const [name, control] of Object.entries(fields)) control.value = String(faults[name as keyof typeof fields]);
    first = false;
  });
  return card(
    WORDS.faults,
    field(WORDS.kind, kind),
    field(WORDS.style, style),
    field(WORDS.slow, fields.slowMs),
    field(WORDS.refuse, fields.refuse),
    field(WORDS.lose, fields.lose),
    row(button(WORDS.apply, apply), button(WORDS.burst, startBurst)),
  );
}

/** `sip:anna.berg@contoso.example` as `anna.berg`. */
function shortName(address: string): string {
  return address.replace(/^sip:/i, "").replace(/@.*$/, "");
}
