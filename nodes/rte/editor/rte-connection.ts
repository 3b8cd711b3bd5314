/** The dialog of `rte-connection`: the fields of the chosen login, and the test of the connection. */
import { configInput, entered } from "../../shared/editor/fields.js";
import { addForm } from "../../shared/editor/index.js";
import type { EditorNode } from "../../shared/editor/red.js";

/** What the test endpoint answers. */
interface Outcome {
  done: string[];
  events?: number;
  failed?: { step: string; sentence: string };
}

const SETTINGS = ["auth", "url", "email", "discoveryUrl", "apiUrl"] as const;
const CREDENTIALS = ["token", "secretKey", "password"] as const;

function values(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, entered(configInput(name))]));
}

function line(icon: string, text: string): JQuery {
  return $("<div>").append($("<i>", { class: `fa ${icon}`, style: "width: 18px" }), document.createTextNode(text));
}

function show(node: EditorNode, target: JQuery, { done, failed, events }: Outcome): void {
  target.empty();
  for (const step of done) target.append(line("fa-check", node._(`rte.step.${step}`)));
  if (failed === undefined)
    target.append(line("fa-thumbs-o-up", node._("rte-connection.hint.works", { count: events ?? 0 })));
  else
    target.append(
      line("fa-times", `${node._(`rte.step.${failed.step}`)}: ${failed.sentence}`).css(
        "color",
        "var(--red-ui-text-color-error, #ad1625)",
      ),
    );
}

async function test(node: EditorNode, target: JQuery): Promise<void> {
  target.text(node._("rte-connection.hint.testing"));
  const body = { id: node.id, ...values(SETTINGS), credentials: values(CREDENTIALS) };
  try {
    // jQuery, because the editor puts the user's login into its requests.
    const outcome = (await $.ajax({
      url: "contact-center/rte/test",
      method: "POST",
      contentType: "application/json",
      data: JSON.stringify(body),
    })) as Outcome;
    show(node, target, outcome);
  } catch (error) {
    target.text(node._("rte-connection.hint.unreachable", { status: String((error as JQuery.jqXHR).status) }));
  }
}

addForm("rte-connection", {
  prepare(node) {
    const refresh = (): void => {
      const auth = entered(configInput("auth"));
      for (const kind of ["token", "enreach"]) $(`.cc-auth-${kind}`).toggle(kind === auth);
      $("#cc-test-outcome").empty();
    };
    configInput("auth").on("change", refresh);
    refresh();
    $("#cc-test").on("click", () => void test(node, $("#cc-test-outcome")));
  },
});
