/** What is seen of requests that a webhook node refuses, and of a path that is none. On a real Node-RED. */
import assert from "node:assert/strict";
import { code, node, statusProbe, tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { send } from "../../support/webhook.js";

describe("webhook refusals", () => {
  let red: NodeRed;
  before(async () => {
    red = await NodeRed.start({ env: { BLANK: "" } });
    const path = (id: string, url: string): ReturnType<typeof node> =>
      node(id, "smartrouting-in", { url, auth: "none" }, [[], []]);
    await red.deploy([
      tab(),
      node("strangers", "smartrouting-in", { url: "/s", auth: "secret", credentials: { secret: "s3cret" } }, [
        ["f"],
        [],
      ]),
      code("f", "msg.payload = {}; return msg;", [["out"]]),
      node("out", "smartrouting-out"),
      path("blank-path", "/${BLANK}"),
      path("unset-path", "/${NOT_SET}"),
      ...statusProbe(["strangers", "blank-path", "unset-path"], "badge"),
    ]);
  });
  after(() => red?.stop());

  const says = (id: string, text: RegExp): Promise<unknown> =>
    until(`a badge with ${text}`, () => {
      const all = red.messages("badge").map(({ status }) => status as { source: { id: string }; text: string });
      return text.test(all.findLast(({ source }) => source.id === id)?.text ?? "");
    });
  const ask = async (path: string, body: unknown = { anum: "+1" }): Promise<number> =>
    (await send(`${red.url}/${path}`, body)).status;

  it("are on badge and log, once a minute, until somebody is let in", async () => {
    await says("strangers", /^waiting$/);
    assert.deepEqual([await ask("s"), await ask("s/other")], [401, 401]);
    await says("strangers", /^401 at \d\d:\d\d:\d\d$/);
    await red.logged("was refused");
    const lines = red.log.filter((line) => line.includes(":strangers]") && line.includes("was refused"));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /from 127\.0\.0\.1 was refused with 401: The credentials are missing or wrong\./);
    assert.equal(await ask("s/s3cret", "no JSON"), 400);
    await red.logged("was refused with 400");
    assert.equal(await ask("s/s3cret"), 204);
    await says("strangers", /^waiting$/);
  });

  it("name the variable of a path that is not set, or set to nothing", async () => {
    await says("blank-path", /^BLANK not set$/);
    await says("unset-path", /^NOT_SET not set$/);
  });
});
