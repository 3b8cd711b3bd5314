/** A call is never dropped because a flow was slow or failed: on a real Node-RED, for both routing vendors. */
import assert from "node:assert/strict";
import { catchProbe, statusProbe, tab } from "../../support/flow.js";
import { type DeployType, type FlowNode, NodeRed } from "../../support/node-red.js";
import { type Caller, DEADLINE_MS, ROUTING_VENDORS, routingFlow, ring } from "../../support/routing-vendors.js";
import { until } from "../../support/wait.js";
import { type Reply, send } from "../../support/webhook.js";

const same = (reply: Reply, expected: { status: number; json: unknown }): void =>
  assert.deepEqual({ status: reply.status, json: reply.json }, expected);

describe("a call survives", () => {
  let red: NodeRed;
  const flows = (settings: object = {}): FlowNode[] => [
    tab(),
    ...ROUTING_VENDORS.flatMap((vendor) => routingFlow(vendor, settings)),
    ...catchProbe(),
    ...ROUTING_VENDORS.flatMap((vendor) => statusProbe([`${vendor.name}-in`], `${vendor.name}-badge`)),
  ];

  /** The lines of the log that count the open calls that a vendor's in node has given the fallback. */
  const counted = (vendor: (typeof ROUTING_VENDORS)[number], count: number, from = 0): string[] =>
    red.log
      .slice(from)
      .filter((line) => line.includes(`${vendor.name}-`) && line.includes(` ${count} open call(s) got the fallback`));

  before(async () => {
    red = await NodeRed.start({ flows: flows() });
  });
  after(() => red?.stop());
  beforeEach(() => red.forget());

  for (const vendor of ROUTING_VENDORS) {
    const rings = (caller: Caller): Promise<Reply> => ring(red.url, vendor, caller);
    const fallbacks = (): unknown[] => red.messages(`${vendor.name}-fallback`).map((message) => message["reason"]);
    const badge = (word: string): Promise<unknown> =>
      red.message(`${vendor.name}-badge`, (message) => (message["status"] as { text: string }).text === word);

    describe(vendor.name, () => {
      it("gets the flow's answer", async () => {
        same(await rings("good"), vendor.good);
        assert.deepEqual(fallbacks(), []);
      });

      for (const caller of ["silent", "throws"] as const) {
        it(`gets the fallback at the deadline when the flow is ${caller}`, async () => {
          const reply = await rings(caller);
          same(reply, vendor.fallback);
          assert.ok(reply.ms >= DEADLINE_MS - 5, `${reply.ms} ms`);
          const message = await red.message(`${vendor.name}-fallback`);
          assert.equal(message["reason"], "deadline");
          assert.equal((message["call"] as { from: string }).from, caller);
        });
      }

      it("gets the fallback at once when the answer is invalid", async () => {
        const reply = await rings("bad");
        same(reply, vendor.fallback);
        assert.ok(reply.ms < DEADLINE_MS, `${reply.ms} ms`);
        assert.equal((await red.message(`${vendor.name}-fallback`))["reason"], "error");
        const caught = (await red.message("caught"))["error"] as {
          code: string;
          cause: { field: string };
          message: string;
        };
        assert.equal(caught.code, "EINVALID");
        assert.match(caught.message, new RegExp(caught.cause.field));
      });

      it("has one key on both outputs, also without a call id", async () => {
        const { name } = vendor;
        const withoutId = name === "smartrouting" ? { anum: "bad" } : { DATA: { CALLER_ID: "bad", LAYER_ID: 1 } };
        same(await send(`${red.url}/${name}`, withoutId), vendor.fallback);
        const [seen, fallback] = await Promise.all([red.message(`${name}-seen`), red.message(`${name}-fallback`)]);
        const keyOf = ({ event }: Record<string, unknown>): string => (event as { key: string }).key;
        assert.match(keyOf(seen), /^\w/);
        assert.equal(keyOf(fallback), keyOf(seen));
      });

      it("gets one answer of two, and the second is warned about", async () => {
        const before = red.log.length;
        same(await rings("twice"), vendor.good);
        await until("the warning", () => red.log.slice(before).find((line) => line.includes("was already answered")));
        await badge("late");
        assert.deepEqual(red.messages("caught"), []);
        same(await rings("good"), vendor.good);
        await badge("open");
      });

      it("is not disturbed by an answer after the deadline", async () => {
        // The warning comes once a minute and node, and the test before has seen it: these are other nodes.
        await red.deploy(flows());
        red.forget();
        const before = red.log.length;
        same(await rings("late"), vendor.fallback);
        await badge("late");
        await until("the warning", () => red.log.slice(before).find((line) => line.includes("was already answered")));
        assert.deepEqual(fallbacks(), ["deadline"]);
      });

      it("gets the fallback when the flow loses msg._webhook, and Catch says so", async () => {
        same(await rings("loses-id"), vendor.fallback);
        const caught = (await red.message("caught"))["error"] as { code: string; cause: object };
        assert.equal(caught.code, "EINVALID");
        assert.equal((caught.cause as { field: string }).field, "_webhook");
        await red.message(`${vendor.name}-fallback`);
      });

      it("has an answer within the deadline among 500 at once, half of them slow", async () => {
        // Long enough for 250 answers on a machine that does something else as well.
        await red.deploy(flows({ deadline: 3000 }));
        red.forget();
        const callers = Array.from({ length: 500 }, (_, at): Caller => (at % 2 === 0 ? "good" : "silent"));
        const replies = await Promise.all(callers.map(rings));
        for (const [at, reply] of replies.entries())
          same(reply, callers[at] === "good" ? vendor.good : vendor.fallback);
        await until("250 fallbacks", () => fallbacks().length === 250);
        await red.deploy(flows());
      });
    });
  }

  describe("a deploy or a stop", () => {
    const deploys: [DeployType, boolean][] = [
      ["full", true],
      ["flows", true],
      ["nodes", false],
    ];
    for (const [type, touches] of deploys) {
      it(`${touches ? "gets the fallback at once" : "stays open"} when a deploy of type ${type} changes another node of the flow`, async () => {
        await red.deploy(flows());
        for (const vendor of ROUTING_VENDORS) {
          red.forget();
          const from = red.log.length;
          const open = ring(red.url, vendor, "silent");
          await red.message(`${vendor.name}-seen`);
          const changed = flows().map((one) =>
            one.id === `${vendor.name}-fallback` ? { ...one, name: `changed for ${type}` } : one,
          );
          await red.deploy(changed, type);
          const reply = await open;
          same(reply, vendor.fallback);
          assert.equal(reply.ms < DEADLINE_MS - 5, touches, `${reply.ms} ms`);
          if (touches) await until("the log to count it", () => counted(vendor, 1, from).length === 1);
          same(await ring(red.url, vendor, "good"), vendor.good);
        }
      });
    }

    it("gets the fallback at once when its in node is changed or removed by a deploy of modified nodes", async () => {
      for (const vendor of ROUTING_VENDORS) {
        await red.deploy(flows());
        red.forget();
        const open = ring(red.url, vendor, "silent");
        await red.message(`${vendor.name}-seen`);
        await red.deploy(flows({ name: "changed" }), "nodes");
        const reply = await open;
        same(reply, vendor.fallback);
        assert.ok(reply.ms < DEADLINE_MS - 5, `${reply.ms} ms`);
        same(await ring(red.url, vendor, "good"), vendor.good);
        await red.deploy(
          flows().filter((one) => one.id !== `${vendor.name}-in`),
          "nodes",
        );
        assert.equal((await ring(red.url, vendor, "good")).status, 404);
      }
    });

    it("is answered when Node-RED is told to stop", async () => {
      await red.deploy(flows({ deadline: 20_000 }));
      red.forget();
      const open = ROUTING_VENDORS.flatMap((vendor) =>
        Array.from({ length: 20 }, () => ring(red.url, vendor, "silent").then((reply) => same(reply, vendor.fallback))),
      );
      await until(
        "all calls to be open",
        () => red.seen.filter((seen) => seen.probe.endsWith("-seen")).length === open.length,
      );
      await red.stop("SIGTERM");
      await Promise.all(open);
      for (const vendor of ROUTING_VENDORS) assert.equal(counted(vendor, 20).length, 1, red.log.slice(-9).join("\n"));
    });
  });
});
