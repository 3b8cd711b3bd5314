import assert from "node:assert/strict";
import crypto from "node:crypto";
import {
  type AuthMethod,
  credentialCheck,
  secretsInPath,
  secretsInQuery,
  type PresentedCredentials,
  type WebhookCredentials,
} from "../../../lib/webhook/credentials.js";

describe("lib/webhook/credentials", () => {
  const nothing: PresentedCredentials = { apiKey: undefined, authorization: undefined, secrets: [] };
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
    assert.equal(check("secret", { secret: "s" }, { secrets: ["s"] }), true);
    assert.equal(check("none", {}, {}), true);
  });

  it("compares as many bytes whatever is shown", () => {
    const original = crypto.timingSafeEqual;
    const compared: number[] = [];
    crypto.timingSafeEqual = (one, other) => {
      compared.push(one.byteLength);
      return original(one, other);
    };
    try {
      for (const apiKey of ["12345678", "12345679", "x", "", undefined, "1".repeat(10_000)])
        check("apikey", { apiKey: "12345678", apiKey2: "another key" }, { apiKey });
    } finally {
      crypto.timingSafeEqual = original;
    }
    const once = compared.slice(0, compared.length / 6);
    assert.ok(once.includes(8) && once.includes(11), once.join());
    assert.deepEqual(compared, Array.from({ length: 6 }, () => once).flat());
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

  it("compares the bytes of an API key, whichever way its text was sent", () => {
    for (const apiKey of ["schlüssel", "ключ", "鍵🔑"]) {
      const sent = Buffer.from(apiKey).toString("latin1");
      assert.equal(check("apikey", { apiKey }, { apiKey: sent }), true, apiKey);
      assert.equal(check("apikey", { apiKey }, { apiKey: `${sent}x` }), false, apiKey);
      assert.equal(check("apikey", { apiKey }, { apiKey: sent.slice(0, -1) }), false, apiKey);
    }
    assert.equal(check("apikey", { apiKey: "schlüssel" }, { apiKey: "schlüssel" }), true);
    assert.equal(
      check("apikey", { apiKey: "ключ" }, { apiKey: Buffer.from("ключ", "latin1").toString("latin1") }),
      false,
    );
    assert.equal(check("apikey", { apiKey: "a\0" }, { apiKey: "a" }), false);
  });

  it("takes a user and password as UTF-8 and as Latin-1, and no other bytes", () => {
    const sent = (text: string, encoding: BufferEncoding): Partial<PresentedCredentials> => ({
      authorization: `Basic ${Buffer.from(text, encoding).toString("base64")}`,
    });
    const credentials = { username: "jürgen", password: "straße", password2: "ключ" };
    assert.equal(check("basic", credentials, sent("jürgen:straße", "utf8")), true);
    assert.equal(check("basic", credentials, sent("jürgen:straße", "latin1")), true);
    assert.equal(check("basic", credentials, sent("jürgen:ключ", "utf8")), true);
    assert.equal(check("basic", credentials, sent("jürgen:ключ", "latin1")), false);
    assert.equal(check("basic", credentials, sent("jurgen:strasse", "latin1")), false);
    assert.equal(check("basic", credentials, sent("jürgen:straße", "utf16le")), false);
  });

  it("takes either of two, for rotation", () => {
    for (const apiKey of ["old", "new"])
      assert.equal(check("apikey", { apiKey: "old", apiKey2: "new" }, { apiKey }), true);
    assert.equal(check("apikey", { apiKey2: "new" }, { apiKey: "new" }), true);
    assert.equal(check("apikey", { apiKey: "old", apiKey2: "" }, { apiKey: "" }), false);
    assert.equal(check("basic", { username: "u", password: "old", password2: "new" }, basic("u:new")), true);
    assert.equal(check("secret", { secret: "old", secret2: "new" }, { secrets: ["x", "new"] }), true);
  });

  it("reads a secret in the address encoded or as it was pasted", () => {
    assert.deepEqual(secretsInPath("Zm9v%2FYmFy%2Bx%3D%3D"), ["Zm9v/YmFy+x==", "Zm9v%2FYmFy%2Bx%3D%3D"]);
    assert.deepEqual(secretsInPath("a/b/"), ["a/b/", "a/b"]);
    assert.deepEqual(secretsInPath("50%off"), ["50%off"]);
    assert.deepEqual(secretsInPath("/"), ["/"]);
    assert.deepEqual(secretsInQuery("a=1&key=a+b%2F&b=2"), ["a+b/", "a b/", "a+b%2F"]);
    assert.deepEqual(secretsInQuery("monkey=1&akey=2"), []);
    assert.deepEqual(secretsInQuery("key="), []);
    assert.deepEqual(secretsInQuery(`key=${"%41".repeat(2000)}`), []);
    assert.deepEqual(secretsInPath("%2F".repeat(2000)), []);
  });

  it("has no check where the credential is empty", () => {
    assert.equal(credentialCheck("apikey", {}), undefined);
    assert.equal(credentialCheck("basic", { username: "u" }), undefined);
    assert.equal(credentialCheck("basic", { password: "p" }), undefined);
    assert.equal(credentialCheck("secret", { secret: "" }), undefined);
  });
});
