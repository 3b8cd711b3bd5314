/** The button "Test connection" of a connection's dialog, and what came of it. */
import type { TestReport } from "./test-report.js";
import { configInput, entered } from "./fields.js";
import { rememberIds } from "./known-ids.js";
import type { EditorNode } from "./red.js";

/** What a select of Node-RED holds while nothing is chosen. */
const NOTHING_CHOSEN = "_ADD_";

/** Wires the button: it sends every setting and credential of the dialog, saved or not. */
export function prepareConnectionTest(node: EditorNode, dialog: JQuery): void {
  const outcome = $("#cc-test-outcome");
  dialog.on("input change", () => outcome.empty());
  $("#cc-test").on("click", (event) => {
    event.preventDefault();
    outcome.text(node._("shared.test.running"));
    void ask(node).then((report) => {
      rememberIds(node.id, report.ids);
      show(outcome, report);
    });
  });
}

async function ask(node: EditorNode): Promise<TestReport> {
  const { defaults, credentials } = node["_def"] as { defaults: object; credentials: object };
  const question = {
    id: node.id,
    settings: valuesOf(Object.keys(defaults)),
    credentials: valuesOf(Object.keys(credentials)),
  };
  try {
    // jQuery, because the editor puts the user's login into its requests.
    const report: unknown = await $.ajax({
      url: `contact-center/${node.type}/test`,
      method: "POST",
      contentType: "application/json",
      data: JSON.stringify(question),
    });
    return report as TestReport;
  } catch (error) {
    return {
      ok: false,
      message: node._("shared.test.unreachable", { status: String((error as JQuery.jqXHR).status) }),
    };
  }
}

function valuesOf(names: readonly string[]): Record<string, string> {
  const values = names.map((name) => [name, entered(configInput(name))] as const);
  return Object.fromEntries(values.map(([name, value]) => [name, value === NOTHING_CHOSEN ? "" : value]));
}

function show(outcome: JQuery, { ok, message, steps = [], isDoubtful = false }: TestReport): void {
  const icon = !ok ? "fa-times" : isDoubtful ? "fa-question-circle-o" : "fa-check-circle";
  const lines = [...steps.map((step) => line("fa-check", step)), line(icon, message)];
  if (!ok) lines.at(-1)?.addClass("cc-failed");
  outcome.empty().append(lines);
  outcome[0]?.scrollIntoView({ block: "nearest" });
}

function line(icon: string, text: string): JQuery {
  return $("<div>").append($("<i>", { class: `fa ${icon}`, "aria-hidden": "true" }), document.createTextNode(text));
}
