/** The row macro of the forms. */
import assert from "node:assert/strict";
import { withRows } from "../scripts/rows.js";

/** Expands one row of a node's form, and puts it on one line. */
function row(attributes: string, content = "", type = "x-node"): string {
  return withRows(`<cc-row ${attributes}>${content}</cc-row>`, type).replaceAll(/\n */g, "");
}

describe("Rows of forms", () => {
  it("have label, field and hint, with keys of type and setting", () => {
    assert.equal(
      row('setting="url" icon="globe" placeholder="https://x" hint'),
      '<div class="form-row"><label for="node-input-url"><i class="fa fa-globe"></i> <span data-i18n="x-node.form.url"></span></label>' +
        '<input type="text" id="node-input-url" placeholder="https://x"><div class="cc-hint" data-i18n="x-node.hint.url"></div></div>',
    );
  });

  it("have the ids of a config node in its form", () => {
    const form =
      '<cc-row setting="url"></cc-row>\n<script>RED.nodes.registerType("x", { category: "config" })</script>';
    assert.match(withRows(form, "x"), /id="node-config-input-url"/);
  });

  it("take core's word for the name", () => {
    assert.match(
      row('setting="name"'),
      /data-i18n="node-red:common\.label\.name".*data-i18n="\[placeholder\]node-red:/,
    );
  });

  it("have options with a key of their value, or of the word beside it", () => {
    assert.match(
      row('setting="mode" type="select" choices="auto ;=semicolon =none"'),
      /<option value="auto" data-i18n="x-node\.choice\.mode\.auto">.*value=";" data-i18n="x-node\.choice\.mode\.semicolon">.*value="" data-i18n="x-node\.choice\.mode\.none">/,
    );
    assert.match(row('setting="mode" type="select" choices="yes" choices-of="v.choice"'), /data-i18n="v\.choice\.yes"/);
  });

  it("keep a password from the browser's store, and lists from Node-RED's own reading", () => {
    assert.match(
      row('setting="token" type="password"'),
      /type="password" id="node-input-token" autocomplete="new-password"/,
    );
    assert.match(row('setting="networks" type="texts"'), /<input type="text" id="cc-networks" data-texts="networks">/);
    assert.match(
      row('setting="agents" type="texts" rows="3"'),
      /<textarea id="cc-agents" data-texts="agents" rows="3">/,
    );
    assert.match(row('setting="data" type="list"'), /<label class="cc-wide">.*<ol id="cc-data"><\/ol>/);
  });

  it("put conditions and data on the row, units behind the field, content at the end", () => {
    assert.equal(
      row('setting="renew" of="v" type="number" when="auth=none" data-field="renew" class="a" min="0" unit', "<b></b>"),
      '<div class="form-row a" data-when="auth=none" data-field="renew"><label for="node-input-renew"><span data-i18n="v.form.renew"></span></label>' +
        '<input type="number" class="cc-short" id="node-input-renew" min="0"> <span data-i18n="v.unit.renew"></span><b></b></div>',
    );
  });

  it("are refused without a setting", () => {
    assert.throws(() => row('icon="globe"'), /x-node: a cc-row has no setting/);
  });
});
