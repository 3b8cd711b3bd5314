import assert from "node:assert/strict";
import { COMMANDS, COMMAND_NAMES, enumName, EVENTS, EVENT_NAMES, SESSION_TYPES } from "../../../lib/cti/tables.js";

describe("lib/cti/tables", () => {
  it("has the commands and events of the vendor's document, and no other", () => {
    assert.deepEqual(
      COMMAND_NAMES.map((name) => [COMMANDS[name].number, name]),
      [
        [0, "AgentLogin"],
        [1, "AgentLogout"],
        [4, "Dial"],
        [14, "HeartBeat"],
      ],
    );
    assert.deepEqual(
      EVENT_NAMES.map((name) => [EVENTS[name].number, name]),
      [
        [0, "LoggedIn"],
        [1, "LoggedOff"],
        [3, "Hunting"],
        [4, "Connected"],
        [5, "Disconnected"],
        [6, "OnHold"],
        [7, "Retrieve"],
      ],
    );
    assert.deepEqual([SESSION_TYPES.Inbound.number, SESSION_TYPES.Outbound.number], [0, 1]);
  });

  it("never lets a Dial be sent again", () => {
    assert.equal(COMMANDS.Dial.retry, "never");
  });

  it("reads an enumeration as number, numeric text and name of any case", () => {
    for (const name of EVENT_NAMES) {
      for (const written of [
        name,
        name.toUpperCase(),
        ` ${name.toLowerCase()} `,
        EVENTS[name].number,
        String(EVENTS[name].number),
      ]) {
        assert.equal(enumName(EVENTS, written), name, String(written));
      }
    }
  });

  it("passes on what it does not know: a number as a number, text as it came", () => {
    assert.equal(enumName(EVENTS, 2), 2);
    assert.equal(enumName(EVENTS, "2"), 2);
    assert.equal(enumName(EVENTS, "Parked"), "Parked");
    assert.equal(enumName(EVENTS, null), null);
    assert.equal(enumName(EVENTS, "constructor"), "constructor");
  });
});
