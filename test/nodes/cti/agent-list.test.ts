import assert from "node:assert/strict";
import { ContactCenterError } from "../../../lib/core/errors.js";
import { type AddressList, agentList } from "../../../nodes/cti/control.js";

const ANNA = "sip:anna@contoso.example";
const VARIABLES = /\$\{([^}]+)\}/g;

/** The list, where no variable is set. */
function read(setting: unknown): AddressList {
  return agentList(setting, (text) => {
    const unset = [...text.matchAll(VARIABLES)].map(([, name]) => name ?? "");
    return { text: unset.length > 0 ? "" : text, unset };
  });
}

/** What is wrong: addresses, and what their errors say. */
function wrongOf(setting: unknown): unknown[] {
  return read(setting).wrong.map(({ imAddress, error }) => [imAddress, error.params]);
}

describe("nodes/cti/agent-list", () => {
  it("is one empty address only where nothing was entered", () => {
    for (const nothing of [undefined, null, [], [""], [" , "]])
      assert.deepEqual(read(nothing), { addresses: [""], wrong: [] });
  });

  it("has a row for each variable that is not set, and the other agents", () => {
    const setting = [ANNA, "${LEAD}", "sip:${NAME}@${DOMAIN}"];
    assert.deepEqual(read(setting).addresses, [ANNA]);
    assert.deepEqual(wrongOf(setting), [
      ["${LEAD}", { names: "LEAD" }],
      ["sip:${NAME}@${DOMAIN}", { names: "NAME, DOMAIN" }],
    ]);
  });

  it("has a row for each entry that is no text, and the other agents", () => {
    const setting = [null, ANNA, 5, { imAddress: ANNA }, [ANNA], true];
    assert.deepEqual(read(setting).addresses, [ANNA]);
    assert.equal(read(setting).wrong.length, 5);
  });

  it("is refused where variables that are set to nothing leave no address, and names them", () => {
    const entered = ["${LEAD}", "${TEAM},"];
    assert.throws(
      () =>
        agentList(
          ["", ","],
          (text) => ({ text, unset: [] }),
          () => entered,
        ),
      (error) =>
        error instanceof ContactCenterError && error.code === "EINVALID" && error.params.names === "LEAD, TEAM",
    );
  });

  it("is refused where no address is left, or where it is no list", () => {
    for (const setting of [["${LEAD}"], [null], [{}], ["${LEAD}", 0], "sip:anna@contoso.example", {}, 5, true])
      assert.throws(
        () => read(setting),
        (error) => error instanceof ContactCenterError && error.code === "EINVALID" && error.cause.field === "agents",
        JSON.stringify(setting),
      );
  });
});
