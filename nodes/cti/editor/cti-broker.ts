/** The form of `cti-broker`: credentials by kind, reachability of the callback address, and the test in words. */
import { configInput, entered } from "../../shared/editor/fields.js";
import { addForm } from "../../shared/editor/index.js";
import type { EditorNode } from "../../shared/editor/red.js";
import { showReach } from "./callback.js";

const SETTINGS = ["url", "tls", "auth", "headerName", "enumStyle", "addressField", "callbackField"] as const;
const CREDENTIALS = ["username", "password", "token", "headerValue"] as const;

interface Report {
  ok: boolean;
  message: string;
}

function values(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, entered(configInput(name))]));
}

addForm("cti-broker", {
  prepare(node) {
    const form = configInput("url").closest(".cc-form");
    const refresh = (): void => {
      const auth = entered(configInput("auth"));
      for (const kind of ["basic", "bearer", "header"]) form.find(`.cc-auth-${kind}`).toggle(kind === auth);
      showReach(node, form, entered(configInput("callbackUrl")));
    };
    configInput("auth").on("change", refresh);
    configInput("callbackUrl").on("input change", refresh);
    refresh();
    $("#cc-test").on("click", (event) => {
      event.preventDefault();
      void test(node);
    });
  },
});

async function test(node: EditorNode): Promise<void> {
  const report = $("#cc-test-outcome").text(node._("cti-broker.form.testing"));
  const tls = values(SETTINGS)["tls"];
  const settings = { ...values(SETTINGS), tls: tls === "_ADD_" ? "" : tls };
  try {
    const answer = await $.ajax({
      url: "contact-center/cti-broker/test",
      method: "POST",
      contentType: "application/json",
      data: JSON.stringify({ id: node.id, settings, credentials: values(CREDENTIALS) }),
    });
    const { ok, message } = answer as Report;
    report.text(`${ok ? "✔" : "✘"} ${message}`);
  } catch (error) {
    report.text(`✘ ${node._("cti-broker.form.test-failed", { status: (error as { status?: number }).status ?? "" })}`);
  }
}
