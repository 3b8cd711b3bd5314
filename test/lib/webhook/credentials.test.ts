import assert from "node:assert/strict";
import {
  type AuthMethod,
  credentialCheck,
  type PresentedCredentials,
  type WebhookCredentials,
} from "../../../lib/webhook/credentials.js";

describe("lib/webhook/credentials", () => {
  const nothing: PresentedCredentials = { apiKey: undefined, authorization: undefined, secret: undefined };
  const check = (
    method: AuthMethod,
    credentials: WebhookCredentials,
    presented: Partial<PresentedCredentials>,
  ): boolean | undefined => credentialCheck(method, credentials)?.({ ...nothing, ...presented });
  const basic = (text: string): Partial<PresentedCredentials> => ({
    authorization: `Basic ${Buffer.from(text).toString("base64")}`,
  });

  it("takes the right credential and nothing else", () => {
    assert.equal(check("apikey", { apiKey: "1234" }, { apiKey: "1234" }), true);
    assert.equal(check("basic", { username: "u", password: "p:q" }, basic("u:p:q")), true);
    assert.equal(check("basic", { username: "ä", password: "ö" }, basic("ä:ö")), true);
    assert.equal(check("secret", { secret: "s" }, { secret: "s" }), true);
    assert.equal(check("none", {}, {}), true);
  });

  it("refuses missing, wrong, longer and shorter ones", () => {
    for (const apiKey of [undefined, "", "1", "12345", "1234 ", "x".repeat(20_000)])
      assert.equal(check("apikey", { apiKey: "1234" }, { apiKey }), false);
    for (const presented of [
      {},
      basic("u:x"),
      basic("u"),
      basic(""),
      { authorization: "Bearer dTpw" },
      { authorization: "Basic" },
      { authorization: "Basic ***" },
    ]) {
      assert.equal(check("basic", { username: "u", password: "p" }, presented), false);
    }
    assert.equal(check("secret", { secret: "s" }, { apiKey: "s" }), false);
  });

  it("has no check where the credential is empty", () => {
    assert.equal(credentialCheck("apikey", {}), undefined);
    assert.equal(credentialCheck("basic", { username: "u" }), undefined);
    assert.equal(credentialCheck("basic", { password: "p" }), undefined);
    assert.equal(credentialCheck("secret", { secret: "" }), undefined);
  });
});
