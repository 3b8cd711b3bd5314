/** Errors speak English without a catalogue of Node-RED. */
import assert from "node:assert/strict";
import { addSentences, ContactCenterError, placeholders, refused } from "../../../lib/core/errors.js";
import { telNumber } from "../../../lib/cti/addresses.js";
import { networkError } from "../../../lib/http/errors.js";
import { tokenLogin } from "../../../lib/rte/login.js";
import { answerBody } from "../../../lib/smartrouting/answer.js";
import { answerBody as voicenterAnswer } from "../../../lib/voicenter/answer.js";
import { agentQuery } from "../../../lib/webitel/requests.js";

describe("ContactCenterError", () => {
  it("has a sentence with its values in place", () => {
    addSentences({
      test: { errors: { some: '__vendor__ takes "__field__" in __operation__ up to __limit__, __none__' } },
    });
    const error = refused("test.errors.some", { vendor: "enreach", operation: "dial", field: "number" }, { limit: 5 });
    assert.equal(error.message, 'Enreach takes "number" in dial up to 5, __none__');
    assert.equal(String(error), `ContactCenterError: ${error.message}`);
    assert.equal(error.key, "test.errors.some");
    assert.deepEqual(placeholders(error), { vendor: "Enreach", operation: "dial", field: "number", limit: "5" });
  });

  it("shows the key and the values where no catalogue has the sentence", () => {
    const error = new ContactCenterError("ETEST", "test.errors.none", { vendor: "webitel", operation: "x" }, { a: 1 });
    assert.equal(error.message, 'test.errors.none {"vendor":"Webitel","operation":"x","field":"","a":"1"}');
  });

  it("is a sentence for whoever uses one vendor alone", async () => {
    const cases: [() => unknown, RegExp][] = [
      [() => telNumber("0031"), /^number begins with 00\. Write \+ instead/],
      [() => tokenLogin(() => ({ url: "x", token: "t" }))(AbortSignal.abort()), /^The setting "url" is not an address/],
      [() => answerBody({ Priority: -1 }), /^Priority must be a whole number from 0 to 10000\./],
      [() => voicenterAnswer("GO_TO_LAYER", {}), /^GO_TO_LAYER needs what is missing: LAYER\. Set it in the node/],
      [() => agentQuery({ no: 1 }), /^"no" is not a filter of Webitel's agents\./],
      [
        () =>
          Promise.reject(networkError({ vendor: "webitel", operation: "x" }, "ETIMEDOUT", "https://w.example", 5000)),
        /^No answer from w\.example within 5 s \(Webitel, x\)\.$/,
      ],
    ];
    for (const [work, message] of cases) await assert.rejects(async () => work(), { message });
  });
});
