import assert from "node:assert/strict";
import type { Node, NodeAPI } from "node-red";
import { ContactCenterError } from "../../../lib/core/errors.js";
import { type AddressList, agentList, readControl } from "../../../nodes/cti/control.js";
import { readText } from "../../../nodes/shared/variables.js";

const ANNA = "sip:anna@contoso.example";

/** The list, where only these variables are set. */
function read(setting: unknown, env: Record<string, string> = {}): AddressList {
  const RED = { util: { getSetting: (_node: unknown, name: string) => env[name] } } as unknown as NodeAPI;
  return agentList(setting, (text) => readText(RED, {} as Node, text));
}

/** What is wrong: addresses, and what their errors say. */
function wrongOf(setting: unknown): unknown[] {
  return read(setting).wrong.map(({ imAddress, error }) => [imAddress, error.params]);
}

describe("nodes/cti/agent-list", () => {
  it("is one empty address only where nothing was entered", () => {
    for (const nothing of [undefined, null, []]) assert.deepEqual(read(nothing), { addresses: [""], wrong: [] });
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

  it("has several in one entry, with semicolons between, too, where those are no parameters", () => {
    const team = "sip:a@x;transport=tcp; sip:b@x;sip:c@x:5061;lr;";
    const agents = ["sip:a@x;transport=tcp", "sip:b@x", "sip:c@x:5061;lr"];
    assert.deepEqual(read([team]), { addresses: agents, wrong: [] });
    assert.deepEqual(read(["${TEAM};${LEAD}"], { TEAM: team, LEAD: ANNA }).addresses, [...agents, ANNA]);
  });

  it("is parted in a message as in the node, and has a row for a blank entry", () => {
    const { list } = readControl({ action: "subscribe", payload: "sip:a@x;lr; sip:b@x, sip:c@x" });
    assert.deepEqual(list, { addresses: ["sip:a@x;lr", "sip:b@x", "sip:c@x"], wrong: [] });
    const rows = readControl({ action: "unsubscribe", payload: [" ", `${ANNA};sip:b@x`, 5] }).list;
    assert.deepEqual(rows?.addresses, [ANNA, "sip:b@x"]);
    assert.deepEqual(
      rows?.wrong.map(({ error }) => error.params),
      [{ entry: 1 }, { entry: 3 }],
    );
  });

  it("has a row for each entry that is blank or unfinished, and the other agents", () => {
    const setting = [ANNA, "sip:ann@${DOMAIN", "${}", " , ", "${TEAM},", "${EMPTY}"];
    const list = read(setting, { TEAM: "", EMPTY: "" });
    assert.deepEqual(list.addresses, [ANNA]);
    assert.deepEqual(
      list.wrong.map(({ imAddress, error }) => [imAddress, error.key]),
      [
        ["sip:ann@${DOMAIN", "shared.errors.unfinished"],
        ["${}", "shared.errors.unfinished"],
        [" , ", "cti.errors.agent-blank"],
        ["${TEAM},", "cti.errors.agents-blank"],
        ["${EMPTY}", "shared.errors.unset"],
      ],
    );
  });

  it("names an entry by its place in the list, whatever stands before it", () => {
    const other = "sip:ben@contoso.example";
    const entries = read([ANNA, "", other, "nix", ANNA, `${ANNA}, ${other}`, "nix2"]).wrong.map(
      ({ imAddress, error }) => [imAddress, error.params["entry"]],
    );
    assert.deepEqual(entries, [
      ["nix", 4],
      ["nix2", 7],
      ["", 2],
    ]);
  });

  it("is refused where no address is left, or where it is no list", () => {
    for (const setting of [
      [""],
      [" , "],
      ["${LEAD"],
      ["sip:${LEAD"],
      ["${}"],
      ["${EMPTY}"],
      ["${EMPTY},"],
      ["${LEAD}"],
      [null],
      [{}],
      ["${LEAD}", 0],
      "sip:anna@contoso.example",
      {},
      5,
      true,
    ])
      assert.throws(
        () => read(setting, { EMPTY: "" }),
        (error) => error instanceof ContactCenterError && error.code === "EINVALID" && error.cause.field === "agents",
        JSON.stringify(setting),
      );
  });
});
