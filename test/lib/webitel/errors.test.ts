import assert from "node:assert/strict";
import { ContactCenterError } from "../../../lib/core/errors.js";
import { classify, readWebitelError, type FailureKind } from "../../../lib/webitel/errors.js";
import { pages } from "../../../lib/webitel/pages.js";

const platform = { id: "app.member.valid.queue", status: "Bad Request", detail: "Mismatch queue type", code: 400 };

describe("lib/webitel/errors", () => {
  it("reads all three shapes into one", () => {
    const one = { id: platform.id, code: 400, detail: platform.detail };
    assert.deepEqual(readWebitelError(500, platform), one);
    assert.deepEqual(readWebitelError(500, { code: 13, message: JSON.stringify(platform), details: [] }), one);
    assert.deepEqual(readWebitelError(400, { code: 3, message: "bad int64", details: [] }), {
      detail: "bad int64",
      grpc: 3,
    });
  });

  it("takes a gateway's word that it broke off for no refusal, whatever the status", () => {
    const kind = (grpc: number): FailureKind =>
      classify(new ContactCenterError(400, "k", { vendor: "webitel", operation: "CreateMemberBulk", grpc }));
    for (const grpc of [1, 2, 4, 6, 8, 9, 10, 11, 13, 14, 15]) assert.equal(kind(grpc), "unknown", `${grpc}`);
    assert.equal(kind(3), "refused");
  });

  it("lets only a code of 100 to 599 win over the HTTP status", () => {
    assert.equal(readWebitelError(500, { ...platform, code: 13 })?.code, undefined);
    assert.equal(readWebitelError(500, { ...platform, code: "404" })?.code, 404);
  });

  it("reads nothing from what is no error", () => {
    for (const body of [undefined, "<html>", 7, [platform], null]) assert.equal(readWebitelError(502, body), undefined);
  });

  const kinds: [FailureKind, number | string, string?][] = [
    ["stop", 401],
    ["stop", 403],
    ["stop", 404],
    ["stop", 302],
    ["stop", 400, "app.member.valid.queue"],
    ["stop", 400, "api.context.whatever"],
    ["stop", 500, "session.valid"],
    ["stop", "CERT_HAS_EXPIRED"],
    ["stop", "EPROTO"],
    ["stop", "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["refused", 400, "app.member.valid.name"],
    ...[400, 405, 407, 411, 412, 417, 421, 422, 425, 431, 444, 460].map((code): [FailureKind, number] => [
      "unknown",
      code,
    ]),
    ["too-large", 413],
    ["too-large", "ETOOLARGE"],
    ["refused", 404, "store.sql_member.save.app_error"],
    ["refused", 422, "app.member.valid.name"],
    ["later", 429],
    ["later", "ECONNREFUSED"],
    ["later", "ENOTFOUND"],
    ["unknown", 500],
    ["unknown", 502],
    ["unknown", 503],
    ["unknown", 504],
    ["unknown", 408],
    ["unknown", 409],
    ["unknown", 499],
    ["refused", 409, "app.member.valid.name"],
    ["unknown", "ECONNRESET"],
    ["unknown", "ETIMEDOUT"],
    ["unknown", "EANSWER"],
  ];
  for (const [kind, code, id] of kinds) {
    it(`classifies ${code}${id ? ` ${id}` : ""} as ${kind}`, () => {
      assert.equal(
        classify(
          new ContactCenterError(code, "k", { vendor: "webitel", operation: "CreateMemberBulk", ...(id && { id }) }),
        ),
        kind,
      );
    });
  }
});

describe("lib/webitel/errors, of a queue that was deleted", () => {
  const failed = (constraint: string, code: number): ContactCenterError =>
    new ContactCenterError(code, "k", {
      vendor: "webitel",
      operation: "CreateMemberBulk",
      id: "store.sql_member.bulk_save.app_error",
      detail: `pq: insert or update on table "cc_member" violates foreign key constraint "${constraint}"`,
    });
  it("means the whole upload, and a bucket's only the row", () => {
    for (const code of [400, 404, 500]) assert.equal(classify(failed("cc_member_cc_queue_id_fk", code)), "stop");
    assert.equal(classify(failed("cc_member_cc_bucket_id_fk", 400)), "refused");
  });
});

describe("lib/webitel/paging", () => {
  const all = async (answers: unknown[]): Promise<{ id: string }[][]> => {
    const got: { id: string }[][] = [];
    for await (const items of pages<{ id: string }>("Search", (page) => Promise.resolve(answers[page - 1])))
      got.push(items);
    return got;
  };

  it("reads until next is not true; missing words are defaults", async () => {
    assert.deepEqual(
      await all([{ next: true, items: [{ id: "1" }] }, { items: [{ id: "2" }] }, { items: [{ id: "3" }] }]),
      [[{ id: "1" }], [{ id: "2" }]],
    );
    for (const empty of [{}, { items: null }]) assert.deepEqual(await all([empty]), []);
  });

  it("ends when the server gives the same page for ever", async () => {
    const same = { next: true, items: [{ id: "1" }] };
    await assert.rejects(all([same, same, same]), { code: "EPAGING", key: "webitel.errors.same-page" });
  });

  it("takes a log-in page for no list", async () => {
    for (const answer of ["<html>", [], undefined, { items: "x" }])
      await assert.rejects(all([answer]), { code: "EANSWER", key: "webitel.errors.no-list" });
  });

  it("takes an error for no empty list", async () => {
    for (const answer of [
      { code: 13, message: "down" },
      { id: "a.b", status: "Bad", detail: "down", code: 500 },
    ])
      await assert.rejects(all([answer]), { code: "EANSWER", key: "webitel.errors.error-answer" });
  });

  it("takes an empty page with another one behind it for no end of a list", async () => {
    const empty = { next: true, items: [] };
    for (const answers of [[empty], [{ next: true }], [{ next: true, items: [{ id: "1" }] }, empty]])
      await assert.rejects(all(answers), { code: "EPAGING", key: "webitel.errors.empty-page" });
  });

  it("gives up a list that does not end", async () => {
    let asked = 0;
    const endless = pages("Search", (page) => Promise.resolve({ next: true, items: [{ id: String((asked = page)) }] }));
    const read = async (): Promise<void> => {
      for await (const items of endless) assert.equal(items.length, 1);
    };
    await assert.rejects(read(), { code: "EPAGING", key: "webitel.errors.endless" });
    assert.equal(asked, 1000);
  });
});
