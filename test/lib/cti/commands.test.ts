import assert from "node:assert/strict";
import { ContactCenterError } from "../../../lib/core/errors.js";
import { agentKey, sipAddress, telNumber } from "../../../lib/cti/addresses.js";
import { commandBody, readCommand } from "../../../lib/cti/commands.js";

const ANNA = "sip:anna.berg@contoso.example";

/** Asserts a refusal before sending that names the field. */
function refusal(act: () => unknown, field: string, key: string): void {
  assert.throws(act, (error: unknown) => {
    assert.ok(error instanceof ContactCenterError);
    assert.deepEqual(
      [error.code, error.cause.vendor, error.cause.field, error.key],
      ["EINVALID", "anywhere365", field, `cti.errors.${key}`],
    );
    return true;
  });
}

describe("lib/cti/addresses", () => {
  it("takes a number in international form, with what people put between the digits", () => {
    for (const written of [
      "+31201234567",
      "tel:+31201234567",
      "TEL:+31 20 123 45 67",
      "+31-20-1234567",
      "+31.20.123.4567",
      "+31/20/1234567",
      " +31 (20) 123 4567 ",
      "\u202a+31201234567\u202c",
      "\u200e+31\u00a020\u00a01234567",
      "+31\u201120\u20131234567",
      "+31\u201420\u22121234567",
    ]) {
      assert.equal(telNumber(written), "tel:+31201234567", written);
    }
    assert.equal(telNumber("+12345678"), "tel:+12345678");
    assert.equal(telNumber("+123456789012345"), "tel:+123456789012345");
  });

  it("refuses every other number and says why", () => {
    const wrong: [unknown, string][] = [
      ["0201234567", "number-national"],
      ["31201234567", "number-national"],
      [31201234567, "number-national"],
      ["0031201234567", "number-00"],
      ["tel:0031201234567", "number-00"],
      ["+31 (0)20 1234567", "number-trunk"],
      ["+1234567", "number"],
      ["+1234567890123456", "number"],
      ["+0201234567", "number"],
      ["+31 20 CALL NOW", "number"],
      ["+31201234567;ext=5", "number"],
      ["++31201234567", "number"],
      ["", "no-number"],
      ["tel:", "no-number"],
      [undefined, "no-number"],
      [{}, "no-number"],
    ];
    for (const [number, key] of wrong) refusal(() => telNumber(number), "number", key);
  });

  it("takes port, parameters and pasted marks of a SIP address, and sends the address as it is", () => {
    for (const address of ["sip:anna@contoso.example:5061", "sip:anna@contoso.example;transport=tls;user=phone"]) {
      assert.equal(sipAddress(address, "AgentLogin"), address);
      assert.equal(agentKey(address), "sip:anna@contoso.example", address);
    }
    assert.equal(agentKey("Anna@contoso.example"), "sip:anna@contoso.example");
    assert.equal(sipAddress("\u200bsip:anna@contoso.example\u202c", "AgentLogin"), "sip:anna@contoso.example");
    assert.notEqual(agentKey("sip:anna@contoso.example"), agentKey("sip:anna@contoso.example.org"));
  });

  it("takes a SIP address and nothing that only looks like one", () => {
    assert.equal(sipAddress(` ${ANNA} `, "AgentLogin"), ANNA);
    assert.equal(sipAddress("SIP:Anna@Contoso.Example", "AgentLogin"), "SIP:Anna@Contoso.Example");
    for (const wrong of [
      "anna.berg@contoso.example",
      "sip:anna.berg",
      "sip:@contoso.example",
      "sip:an na@contoso.example",
      "sip:a@b@c",
      "sip:a@b:port",
      "sip:a@b,sip:c@d",
      7,
      {},
    ]) {
      refusal(() => sipAddress(wrong, "AgentLogin"), "ImAddress", typeof wrong === "string" ? "address" : "no-address");
    }
    refusal(() => sipAddress("", "AgentLogin"), "ImAddress", "no-address");
  });
});

describe("lib/cti/commands", () => {
  it("reads a command by name of any case and by number", () => {
    for (const command of ["AgentLogin", "agentlogin", " AGENTLOGIN ", 0, "0"])
      assert.deepEqual(readCommand({ command, imAddress: ANNA }), { name: "AgentLogin", imAddress: ANNA });
  });

  it("refuses what is not documented", () => {
    for (const command of [2, "2", "Hold", "toString", {}, null])
      refusal(() => readCommand({ command, imAddress: ANNA }), "commandType", "command");
    for (const command of [undefined, ""])
      refusal(() => readCommand({ command, imAddress: ANNA }), "commandType", "no-command");
    refusal(() => readCommand({ command: "Dial", imAddress: ANNA }), "number", "no-number");
    refusal(() => readCommand({ command: "Dial", imAddress: "anna", number: "+31201234567" }), "ImAddress", "address");
  });

  it("writes the vendor's body in either style", () => {
    const dial = readCommand({ command: 4, imAddress: ANNA, number: "+31 20 1234567" });
    assert.deepEqual(commandBody(dial, "name"), { ImAddress: ANNA, commandType: "Dial", number: "tel:+31201234567" });
    assert.deepEqual(commandBody(dial, "number"), { ImAddress: ANNA, commandType: 4, number: "tel:+31201234567" });
  });

  it("sends a number with Dial only", () => {
    const beat = readCommand({ command: "HeartBeat", imAddress: ANNA, number: "+31201234567" });
    assert.deepEqual(commandBody(beat, "number"), { ImAddress: ANNA, commandType: 14 });
  });
});
