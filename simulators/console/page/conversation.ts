/** A conversation between platform and flow, step by step, and the list of calls to choose from. */
import type { Conversation, Exchange, Step } from "../../caller/conversation.js";
import { badge, button, card, el, json, render, timeOfDay, type Tone } from "./api.js";
import { CONVERSATION } from "./texts.js";

/** The calls of a vendor on the page. */
interface ConversationView {
  readonly element: HTMLElement;
  /** Draws the calls, the latest first. */
  update(calls: readonly Conversation[]): void;
}

/** @param forget asked when the list shall be cleared */
export function conversationView(forget: () => unknown): ConversationView {
  const chosen = el("div", { class: "steps-frame" });
  const list = el("div", { class: "calls" });
  const clear = button(CONVERSATION.forget, forget, { class: "plain" });
  let picked: string | undefined;
  let latest: string | undefined;
  let calls: readonly Conversation[] = [];

  function draw(): void {
    const shown = calls.find(({ id }) => id === picked) ?? calls[0];
    render(chosen, ...(shown === undefined ? [el("p", { class: "muted" }, CONVERSATION.empty)] : conversation(shown)));
    // The newest step is what one wants to see.
    chosen.scrollTop = chosen.scrollHeight;
    const buttons = calls.map((call) => callButton(call, call.id === shown?.id, () => pick(call.id)));
    render(list, ...(buttons.length > 0 ? buttons : [el("p", { class: "muted" }, CONVERSATION.noCalls)]));
    clear.hidden = !calls.some(({ ended }) => ended);
  }
  function pick(id: string): void {
    picked = id;
    draw();
  }

  return {
    element: el("div", { class: "stack" }, card(CONVERSATION.title, chosen), card(CONVERSATION.calls, list, clear)),
    update(now) {
      calls = now;
      if (now[0]?.id !== latest) picked = latest = now[0]?.id;
      draw();
    },
  };
}

function callButton(call: Conversation, isShown: boolean, pick: () => void): HTMLElement {
  return el(
    "button",
    { type: "button", class: "call", "data-key": call.id, "aria-pressed": String(isShown), onclick: pick },
    el("span", { class: "muted" }, timeOfDay(call.startedAt)),
    el("span", {}, parties(call)),
    el("span", { class: "place" }, call.place),
  );
}

function parties({ from, to }: Conversation): string {
  return `${from === "" ? CONVERSATION.withheld : from} → ${to === "" ? "?" : to}`;
}

function conversation(call: Conversation): HTMLElement[] {
  return [
    el(
      "p",
      { class: "parties" },
      el("strong", {}, parties(call)),
      call.place !== call.steps.at(-1)?.title && badge(call.place, call.ended ? "quiet" : "info"),
    ),
    el("ol", { class: "steps" }, ...call.steps.map((each, index) => step(each, call, `${call.id}-${index}`))),
  ];
}

function step({ at, title, tone, notes, exchange, speech }: Step, call: Conversation, key: string): HTMLElement {
  const seconds = (Date.parse(at) - Date.parse(call.startedAt)) / 1000;
  return el(
    "li",
    { class: tone },
    el("span", { class: "title" }, title),
    el("time", { class: "muted", datetime: at }, `+${seconds.toFixed(1)} s`),
    // What the title says already is not said again.
    speech !== undefined && !title.includes(speech.text) && el("q", { lang: speech.language }, speech.text),
    exchange && exchangeLine(exchange),
    ...notes.map((note) => el("p", { class: `note ${note.tone}` }, note.text)),
    exchange &&
      el(
        "details",
        { "data-key": key },
        el("summary", {}, CONVERSATION.details),
        el(
          "div",
          { class: "exchange" },
          labelled(CONVERSATION.request, requestText(exchange)),
          labelled(CONVERSATION.answer, answerText(exchange)),
        ),
      ),
  );
}

function exchangeLine({ url, ms, answer, failure, lateMs }: Exchange): HTMLElement {
  return el(
    "p",
    { class: "line" },
    el("span", { class: "mono" }, `POST ${new URL(url).pathname}`),
    failure !== undefined
      ? badge(failure === "timeout" ? CONVERSATION.timeout : failure, "bad")
      : answer && badge(String(answer.status), toneOf(answer.status)),
    ms === undefined ? badge(CONVERSATION.waiting, "warn") : badge(duration(ms), ms > 2000 ? "warn" : "quiet"),
    lateMs !== undefined && badge(`${CONVERSATION.late} ${duration(lateMs)}`, "warn"),
  );
}

function toneOf(status: number): Tone {
  return status === 200 || status === 204 ? "good" : "bad";
}

function duration(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

function labelled(label: string, text: string): HTMLElement {
  return el("div", {}, el("small", {}, label), json(text));
}

function requestText({ url, headers, body }: Exchange): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`POST ${url}`, ...lines, "", JSON.stringify(body, null, 2)].join("\n");
}

function answerText({ answer, failure }: Exchange): string {
  if (answer === undefined) return failure ?? CONVERSATION.waiting;
  const type = answer.contentType === "" ? [] : [`Content-Type: ${answer.contentType}`];
  return [String(answer.status), ...type, "", indented(answer.body)].join("\n");
}

/** JSON is indented for reading; anything else stays as it is. */
function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
