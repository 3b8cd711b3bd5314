/** The panel of Voicenter: a phone in an IVR, its keypad, and what each layer's flow answers. */
import type { Ivr, IvrConversation, Phase, RingInput, VoicenterState } from "../../voicenter/state.js";
import { button, card, el, field, input, type PanelApi, render } from "./api.js";
import { conversationView } from "./conversation.js";
import { layerTable } from "./layers.js";
import { isBusy, phone } from "./phone.js";
import { hasVoice, Voice } from "./voice.js";
import { PHONE, VOICENTER } from "./texts.js";

/** Builds the panel. */
export function mount(section: HTMLElement, api: PanelApi<VoicenterState>): void {
  const ivr = el("select", {});
  const from = input({ value: "0500000002", inputmode: "tel" });
  const speak = el("input", { type: "checkbox", checked: true });
  const returnCustomData = el("input", { type: "checkbox" });
  const documentTypes = el("input", { type: "checkbox" });
  const ringing = el("div", { class: "stack" });
  const voice = new Voice();
  const layers = layerTable(api);

  const handset = phone(
    {
      async ring() {
        const input: RingInput = {
          did: ivr.value,
          from: from.value.trim(),
          voice: speak.checked && hasVoice(),
          returnCustomData: returnCustomData.checked,
          documentTypes: documentTypes.checked,
        };
        if (isBusy(api.state()?.calls[0])) await api.call("hangup");
        await api.call("ring", input);
        handset.focus();
      },
      hangUp: () => api.call("hangup"),
      key: (key) => api.call("press", { key }),
    },
    [
      field(VOICENTER.ivr, ivr, VOICENTER.ivrHint),
      field(PHONE.from, from),
      el("label", { class: "check" }, speak, VOICENTER.speak),
      ringing,
    ],
    el(
      "details",
      {},
      el("summary", {}, PHONE.more),
      el("label", { class: "check" }, returnCustomData, VOICENTER.customData),
      el("small", {}, VOICENTER.customDataHint),
      el("label", { class: "check" }, documentTypes, VOICENTER.documentTypes),
      el("small", {}, VOICENTER.documentTypesHint),
    ),
  );
  const view = conversationView(() => api.call("forget"));
  section.classList.add("split");
  section.append(handset.element, view.element, card(VOICENTER.layers, layers.element));

  const chosen = (): Ivr | undefined => api.state()?.ivrs.find(({ did }) => did === ivr.value);
  ivr.addEventListener("change", () => layers.show(chosen(), undefined));

  let known = "";
  api.subscribe(({ ivrs, calls }) => {
    const options = ivrs.map(({ did, name }) => ({ did, label: `${did}  ${name}` }));
    if (JSON.stringify(options) !== known) {
      known = JSON.stringify(options);
      const before = ivr.value;
      render(ivr, ...options.map(({ did, label }) => el("option", { value: did }, label)));
      if (ivrs.some(({ did }) => did === before)) ivr.value = before;
    }
    const latest = calls[0];
    handset.show({
      line: lineOf(latest),
      big: typedOf(latest?.phase),
      until: untilOf(latest?.phase),
      busy: isBusy(latest),
    });
    render(ringing, ...targets(latest, api));
    layers.show(chosen(), latest !== undefined && latest.to === ivr.value && !latest.ended ? latest.place : undefined);
    view.update(calls);
    voice.follow(latest, speak.checked);
  });
}

function lineOf(call: IvrConversation | undefined): string {
  return call === undefined
    ? PHONE.ready
    : [call.place, VOICENTER.phase[call.phase.kind]].filter((part) => part !== "").join(" · ");
}

/** Typed digits, and a dot for each that may still come. */
function typedOf(phase: Phase | undefined): string {
  return phase?.kind === "listening" ? phase.typed.padEnd(phase.digits, "·") : "";
}

function untilOf(phase: Phase | undefined): string | undefined {
  return phase !== undefined && "until" in phase ? phase.until : undefined;
}

/** What the called phones can do while they ring. */
function targets(call: IvrConversation | undefined, api: PanelApi<VoicenterState>): HTMLElement[] {
  if (call?.phase.kind !== "dialing") return [];
  const { id, phase } = call;
  return [
    ...phase.targets.map(({ type, target }) =>
      el(
        "div",
        { class: "target" },
        el("span", {}, `${type.toLowerCase()} `, el("b", {}, target)),
        button(VOICENTER.answers, () => api.call("answer", { id, target }), {
          "data-key": `answer-${target}`,
          "aria-label": `${target} ${VOICENTER.answers}`,
        }),
      ),
    ),
    el(
      "div",
      { class: "row" },
      button(VOICENTER.nobody, () => api.call("ignore", { id }), { "data-key": "ignore" }),
      button(VOICENTER.faulty, () => api.call("break", { id }), { "data-key": "break" }),
    ),
  ];
}
