/** The form of `cti-broker`: credentials by kind, reachability of the callback address, and the test in words. */
import { addForm } from "../../shared/editor/index.js";
import type { EditorNode } from "../../shared/editor/red.js";
import { showReach } from "./callback.js";

const SETTINGS = ["url", "tls", "auth", "headerName", "enumStyle", "addressField", "callbackField"] as const;
const CREDENTIALS = ["username", "password", "token", "headerValue"] as const;

interface Report {
  ok: boolean;
  message: string;
}

function field(name: string): JQuery {
  return $(`#node-config-input-${name}`);
}

function values(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, String(field(name).val() ?? "")]));
}

addForm("cti-broker", {
  prepare(node) {
    const form = field("url").closest(".cc-form");
    for (const choice of ["auth", "enumStyle"]) if (!field(choice).val()) field(choice).prop("selectedIndex", 0);
    const refresh = (): void => {
      form.find(".cti-auth").hide();
      form.find(`.cti-auth-${String(field("auth").val())}`).show();
      showReach(node, form, String(field("callbackUrl").val() ?? ""));
    };
    field("auth").on("change", refresh);
    field("callbackUrl").on("input change", refresh);
    refresh();
    $("#cti-test").on("click", (event) => {
      event.preventDefault();
      void test(node);
    });
  },
});

async function test(node: EditorNode): Promise<void> {
  const report = $("#cti-test-report").text(node._("cti-broker.form.testing"));
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
