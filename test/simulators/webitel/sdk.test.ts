/** The simulator is held to the vendor's own client: what webitel-sdk does against it must work as against the platform. */
import assert from "node:assert/strict";
import { AgentServiceApi, CallServiceApi, Configuration, MemberServiceApi } from "webitel-sdk";
import {
  startWebitelSimulator,
  WEBITEL_DEMO_TOKEN,
  type WebitelSimulator,
} from "../../../simulators/webitel/simulator.js";

type Found = { id?: string; communications?: { destination?: string }[] };

describe("simulators/webitel, asked by webitel-sdk", () => {
  let simulator: WebitelSimulator;
  let configuration: Configuration;
  before(async () => {
    simulator = await startWebitelSimulator();
    configuration = new Configuration({ apiKey: WEBITEL_DEMO_TOKEN, basePath: simulator.url });
  });
  after(() => simulator.close());

  it("lists agents, page by page, and reads one", async () => {
    const api = new AgentServiceApi(configuration);
    const first = (await api.searchAgent(1, 2)).data;
    const second = (await api.searchAgent(2, 2)).data;
    assert.deepEqual([first.next, first.items?.length, second.next, second.items?.length], [true, 2, undefined, 1]);
    assert.equal((await api.readAgent("17")).data.name, "Anna Berg");
    assert.deepEqual(
      (await api.searchAgent(1, 40, "*berg")).data.items?.map(({ id }: Found) => id),
      ["17"],
    );
  });

  it("creates a call", async () => {
    const { id } = (
      await new CallServiceApi(configuration).createCall({
        destination: "+38 (044) 111-22-33",
        from: { extension: "1017" },
        params: { variables: { crm: "9001" } },
      })
    ).data;
    assert.match(String(id), /^[0-9a-f-]{36}$/);
    assert.equal(simulator.store.calls[0]?.destination, "+380441112233");
  });

  it("creates a bulk of members and finds them again, by name and by variable", async () => {
    const api = new MemberServiceApi(configuration);
    const communications = [{ destination: " +380441112233 ", type: { id: "1" }, priority: 10 }];
    const items = [
      { name: "Contoso Oy", communications, variables: { crm: "9001" }, bucket: { id: "4" } },
      { name: "Fabrikam", communications, variables: { crm: "9002" } },
    ];
    const { ids } = (await api.createMemberBulk("10", { items })).data;
    assert.equal(ids?.length, 2);
    assert.ok(BigInt(ids?.[0] ?? 0) > BigInt(Number.MAX_SAFE_INTEGER));
    // The client names every parameter by position; options.query is its door for map filters.
    const search = (options: { name?: string; query?: object }): ReturnType<typeof api.searchMemberInQueue> => {
      const none = undefined;
      return api.searchMemberInQueue(
        10,
        1,
        10,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        options.name,
        none,
        none,
        none,
        none,
        options,
      );
    };
    const byName = (await search({ name: "Contoso*" })).data;
    assert.deepEqual(
      byName.items?.map(({ id, communications: numbers }: Found) => [id, numbers?.[0]?.destination]),
      [[ids?.[0], "+380441112233"]],
    );
    const byVariable = (await search({ query: { "variables[crm]": "9002" } })).data;
    assert.deepEqual(
      byVariable.items?.map(({ id }: Found) => id),
      [ids?.[1]],
    );
  });

  it("refuses as the platform does", async () => {
    const api = new MemberServiceApi(configuration);
    const attempt = async (
      queue: string,
      items: object[],
    ): Promise<{ status: number; data: { code: number; message: string } }> => {
      try {
        await api.createMemberBulk(queue, { items });
      } catch (error) {
        return (error as { response: { status: number; data: { code: number; message: string } } }).response;
      }
      throw new Error("not refused");
    };
    const closed = await attempt("12", [{ communications: [] }]);
    assert.deepEqual(
      [closed.status, closed.data.code, (JSON.parse(closed.data.message) as { id: string }).id],
      [400, 3, "app.member.valid.queue"],
    );
    const missing = await attempt("404", []);
    assert.deepEqual([missing.status, (JSON.parse(missing.data.message) as { code: number }).code], [500, 404]);
    const many = Array.from({ length: 21 }, () => ({ destination: "1", type: { id: "1" } }));
    assert.match((await attempt("10", [{ communications: many }])).data.message, /communications\.app_error/);
    assert.equal(simulator.store.queue("10")?.loaded, 2);
  });
});
