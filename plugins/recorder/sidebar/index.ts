/** The recorder's sidebar: the runs as they pass, and each on the canvas. */
import { getHeat, getRun, getRuns, setLevel } from "./api.js";
import { followTabs } from "./canvas.js";
import { element } from "./element.js";
import { clearHeat, followTabsWithHeat, showHeat } from "./heat.js";
import { editor, type Words } from "./red.js";
import { RunListView } from "./run-list.js";
import { runView } from "./run-view.js";
import { scenariosView } from "./scenarios-view.js";

const ID = "contact-center-recorder";
const POLL_MS = 2000;

/** What a request that failed says; whoever may not read gets 401 or 403. */
function failureOf(error: unknown, words: Words): string {
  const { status = 0 } = error as { status?: number };
  const key = status === 401 || status === 403 ? "forbidden" : status === 404 ? "gone" : "unreachable";
  return words(`recorder.sidebar.${key}`);
}

function makeSidebar(words: Words): { content: HTMLElement; refresh: () => void; focus: () => void } {
  const content = element("div", { class: "cc-recorder" });
  /** A slow answer must not come over a later one. */
  let asked = 0;
  const refresh = async (): Promise<void> => {
    const number = ++asked;
    try {
      const runs = await getRuns(list.filter.number);
      if (number === asked) list.show(runs);
    } catch (error) {
      list.fail(failureOf(error, words));
    }
  };
  /** Like `asked`, for heat: none comes over an open run. */
  let heated = 0;
  const cool = (): void => {
    heated++;
    clearHeat();
  };
  const heat = async (ids: readonly string[] | undefined): Promise<void> => {
    if (!ids || list.element.offsetParent === null) return cool();
    const number = ++heated;
    try {
      const nodes = await getHeat(ids);
      if (number === heated) showHeat(nodes, words);
    } catch (error) {
      list.fail(failureOf(error, words));
    }
  };
  const tell = (error: unknown): void => editor.notify(failureOf(error, words), "error");
  const list = new RunListView(words, {
    open: (id) => void getRun(id).then(show, tell),
    setLevel: (level) => void setLevel(level).catch(tell).then(refresh),
    reload: () => void refresh(),
    heat: (ids) => void heat(ids),
    scenarios: () => {
      cool();
      content.replaceChildren(
        scenariosView(words, () => {
          content.replaceChildren(list.element);
          list.focusScenarios();
          void refresh();
        }),
      );
    },
  });
  let opener: HTMLElement | undefined;
  const show = (run: Awaited<ReturnType<typeof getRun>>): void => {
    const { activeElement } = document;
    // A replay is opened from a run: it leads back to where that was opened.
    if (activeElement instanceof HTMLElement && list.element.contains(activeElement)) opener = activeElement;
    cool();
    content.replaceChildren(
      runView(
        run,
        words,
        () => {
          content.replaceChildren(list.element);
          if (opener?.isConnected === true) opener.focus();
          else list.focus();
          void refresh();
        },
        show,
      ),
    );
  };
  content.append(list.element);
  // Only what somebody sees is asked for.
  setInterval(() => {
    if (list.element.offsetParent === null) cool();
    else if (!document.hidden) void refresh();
  }, POLL_MS);
  const focus = (): void => {
    if (list.element.isConnected) list.focus();
    else content.querySelector<HTMLElement>(".cc-recorder-steps, button")?.focus();
  };
  return { content, refresh: () => void refresh(), focus };
}

$("<link>", { rel: "stylesheet", href: new URL("recorder.css", import.meta.url).href }).appendTo("head");

editor.plugins.registerPlugin(`${ID}-sidebar`, {
  onadd() {
    const words: Words = (key, variables) => this._(key, variables);
    const { content, refresh, focus } = makeSidebar(words);
    followTabs();
    followTabsWithHeat();
    editor.sidebar.addTab({
      id: ID,
      label: words("recorder.sidebar.label"),
      name: words("recorder.sidebar.title"),
      content,
      iconClass: "fa fa-history",
      action: "contact-center:show-recorder",
      enableOnEdit: true,
      onchange: refresh,
    });
    const action = (): void => {
      editor.sidebar.show(ID);
      focus();
    };
    editor.actions.add("contact-center:show-recorder", action, { label: words("recorder.sidebar.action") });
  },
});
