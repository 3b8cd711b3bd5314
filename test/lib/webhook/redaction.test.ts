/** What is taken out of `msg.req` because it repeats a credential, and what stays. */
import assert from "node:assert/strict";
import { isSecretHeader, redactionOf } from "../../../lib/webhook/redaction.js";

const SECRET = "qX7/abc+DEF/8Zz0w==";

describe("lib/webhook/redaction", () => {
  const redaction = redactionOf({ secret: SECRET }, true);

  it("finds a credential in every spelling that the address takes", () => {
    for (const text of [
      SECRET,
      encodeURIComponent(SECRET),
      "/hook/qX7/abc%2BDEF/8Zz0w==",
      "/hook/qX7/abc+DEF/8Zz0w%3D%3d?a=1",
      "https://x/?key=qX7%2Fabc+DEF%2F8Zz0w==",
      "/hook/%71X7/abc+DEF/8Zz0w==",
      encodeURIComponent(encodeURIComponent(SECRET)),
      `100% of ${encodeURIComponent(SECRET)}`,
    ])
      assert.ok(redaction.leaks(text), text);
    assert.ok(redactionOf({ secret: "grün-1234" }, true).leaks("/x/gr%C3%BCn-1234"));
    for (const text of ["/x?key=my+secret", "/x?key=%6dy+secret", "/x/my%20secret"])
      assert.ok(redactionOf({ secret: "my secret" }, true).leaks(text), text);
    for (const text of ["/hook/qX7/abc", "100%", "%E0%A4%A", ""]) assert.equal(redaction.leaks(text), false, text);
  });

  it("finds a credential of fewer than 8 characters where no letter or digit stands beside it", () => {
    const ofShort = redactionOf({ secret: "s3cr3t7" }, true);
    for (const text of ["s3cr3t7", "/x/s3cr3t7?a=1", "a=s3cr3t7", "%733cr3t7"]) assert.ok(ofShort.leaks(text), text);
    for (const text of ["xs3cr3t7", "s3cr3t77"]) assert.equal(ofShort.leaks(text), false, text);
    assert.ok(redactionOf({ secret: "s3cr3t78" }, true).leaks("xs3cr3t78x"));
  });

  it("finds Basic credentials in both encodings", () => {
    const ofBasic = redactionOf({ username: "jürgen", password: "straße" }, false);
    for (const encoding of ["utf8", "latin1"] as const)
      assert.ok(ofBasic.leaks(`x=${Buffer.from("jürgen:straße", encoding).toString("base64")}`), encoding);
  });

  it("drops the parameters that hold one, and the one that is made for it", () => {
    assert.equal(redaction.query(`a=1&key=x&again=${encodeURIComponent(SECRET)}&b=2`), "a=1&b=2");
  });

  it("knows the headers that prove who somebody is, by their names", () => {
    for (const name of [
      "authorization",
      "proxy-authorization",
      "cookie",
      "set-cookie",
      "x-api-key",
      "api_key",
      "x_api-key",
      "x-keys",
      "x-passwd",
      "x-credentials",
      "x-benemen-apikey",
      "x-auth-token",
      "x-access-token",
      "x-webitel-access",
      "ocp-apim-subscription-key",
      "x-amz-security-token",
      "x-client-secret",
      "x-jwt",
      "jwt_assertion",
      "x-bearer",
      "x-sid",
      "x-authkey",
      "x-accesskey",
      "x-session",
      "session",
      "sid",
      "x-pin",
      "x_user_pin",
      "x-otp",
      "x-pwd",
      "x-passcode",
    ])
      assert.ok(isSecretHeader(name), name);
    for (const name of [
      "host",
      "content-type",
      "x-forwarded-for",
      "user-agent",
      "connection",
      "keep-alive",
      "accept",
      "x-call-sid",
      "x-session-id",
      "x-signature",
      "x-shipping-id",
      "x-pinned",
      "x-passenger",
    ])
      assert.equal(isSecretHeader(name), false, name);
  });
});
