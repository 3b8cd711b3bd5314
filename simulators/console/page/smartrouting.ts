/** The panel of SmartRouting: a phone that rings a queue, and what the platform makes of the flow's answer. */
import { AUTHS, type RingInput, type SmartRoutingState } from "../../smartrouting/state.js";
import { card, copyable, el, field, input, type PanelApi, render, row, select, table } from "./api.js";
import { conversationView } from "./conversation.js";
import { isBusy, phone } from "./phone.js";
import { Voice } from "./voice.js";
import { PHONE, SMARTROUTING } from "./texts.js";

const OTHER = "";

/** Builds the panel. */
export function mount(section: HTMLElement, api: PanelApi<SmartRoutingState>): void {
  const flow = el("select", {});
  const url = input({ type: "url", "aria-describedby": "smartrouting-url-fault" });
  const urlFault = el("small", { id: "smartrouting-url-fault", class: "fault", role: "alert" });
  const urlField = el("div", { class: "field" }, field(SMARTROUTING.url, url), urlFault);
  const from = input({ value: "+358401112233", inputmode: "tel" });
  const to = input({ value: "+358942000100", inputmode: "tel" });
  const tag = input({ value: "SALES_QUEUE" });
  const auth = select(AUTHS.map((each) => [each, SMARTROUTING.auths[each]]));
  const apiKey = input({ type: "password" });
  const username = input();
  const password = input({ type: "password" });
  const extraData = el("input", { type: "checkbox", checked: true });
  const internal = el("input", { type: "checkbox" });
  const parameters = el("textarea", { value: "Culture=fi-FI", spellcheck: "false", rows: 2 });
  const credentials = el("div", { class: "stack" });
  const more = el("details", {});
  const directory = el("div", {});
  const voice = new Voice();

  const handset = phone(
    {
      async ring() {
        const { value } = flow;
        // Before anything else: the call that goes on is not given up for one that cannot be made.
        const isFault = value === OTHER && !isAddress(url.value);
        render(urlFault, isFault && `${SMARTROUTING.noAddress} ${url.placeholder}`);
        url.setAttribute("aria-invalid", String(isFault));
        if (isFault) {
          url.focus();
          return;
        }
        const ring: RingInput = {
          url: value === OTHER ? url.value : value,
          auth: auth.value as RingInput["auth"] & string,
          apiKey: apiKey.value,
          username: username.value,
          password: password.value,
          from: from.value.trim(),
          to: to.value.trim(),
          tag: tag.value.trim(),
          extraData: extraData.checked,
          internal: internal.checked,
          parameters: parsed(parameters.value),
        };
        if (isBusy(api.state()?.calls[0])) await api.call("hangup");
        await api.call("ring", ring);
        handset.focus();
      },
      hangUp: () => api.call("hangup"),
    },
    [
      field(SMARTROUTING.flow, flow),
      urlField,
      row(field(PHONE.from, from), field(PHONE.to, to)),
      field(SMARTROUTING.tag, tag),
    ],
    more,
  );
  more.append(
    el("summary", {}, PHONE.more),
    el(
      "div",
      { class: "stack" },
      field(SMARTROUTING.auth, auth),
      credentials,
      el("div", { class: "checks" }, check(extraData, SMARTROUTING.extraData), check(internal, SMARTROUTING.internal)),
      field(SMARTROUTING.parameters, parameters, SMARTROUTING.parametersHint),
    ),
  );
  const view = conversationView(() => api.call("forget"));
  section.classList.add("split");
  view.element.append(card(SMARTROUTING.directory, directory));
  section.append(handset.element, view.element);

  const showUrl = (): void => {
    urlField.hidden = flow.value !== OTHER;
    // A node that somebody has built asks for a credential, unlike those of the examples.
    if (flow.value === OTHER) more.open = true;
  };
  const showCredentials = (): void => {
    const fields = {
      none: [],
      apikey: [field(SMARTROUTING.apiKey, apiKey)],
      basic: [row(field(SMARTROUTING.username, username), field(SMARTROUTING.password, password))],
    };
    render(credentials, ...fields[auth.value as (typeof AUTHS)[number]]);
  };
  flow.addEventListener("change", showUrl);
  auth.addEventListener("change", showCredentials);

  let known = "";
  api.subscribe((state) => {
    const { endpoints, directory: members, calls, nodeRedUrl } = state;
    url.placeholder = `${nodeRedUrl}/my-path`;
    if (JSON.stringify([endpoints, members]) !== known) {
      known = JSON.stringify([endpoints, members]);
      render(
        flow,
        ...endpoints.map((each) => el("option", { value: each.url }, each.label)),
        el("option", { value: OTHER }, SMARTROUTING.other),
      );
      showUrl();
      render(
        directory,
        table(
          SMARTROUTING.columns,
          members.map(({ kind, name, number, email, guid }) => [
            kind,
            name,
            copyable(number),
            email && copyable(email),
            copyable(guid),
          ]),
          SMARTROUTING.noMembers,
        ),
      );
    }
    const latest = calls[0];
    const isUnusable = latest?.steps.at(-1)?.tone === "bad";
    handset.show({
      line: latest === undefined ? PHONE.ready : `${isUnusable ? PHONE.unusable : ""}${latest.place}`,
      isBad: isUnusable,
      busy: isBusy(latest),
    });
    view.update(calls);
    voice.follow(latest, true);
  });
}

function isAddress(text: string): boolean {
  return URL.canParse(text.trim()) && /^https?:$/.test(new URL(text.trim()).protocol);
}

function check(box: HTMLInputElement, label: string): HTMLElement {
  return el("label", { class: "check" }, box, label);
}

function parsed(text: string): Record<string, string> {
  const pairs = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => [line.split("=")[0]?.trim() ?? "", line.split("=").slice(1).join("=").trim()]);
  return Object.fromEntries(pairs) as Record<string, string>;
}
