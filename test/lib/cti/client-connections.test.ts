/** What the client does with connections, and which requests it repeats. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createCtiClient, type CtiClient, type CtiClientOptions } from "../../../lib/cti/client.js";
import { type CtiSimulator, startCtiSimulator } from "../../../simulators/cti/simulator.js";
import { listen } from "../../../simulators/listen.js";
import { until } from "../../support/wait.js";

const ANNA = "sip:anna.berg@contoso.example";
const CALLBACK = "http://127.0.0.1:9/events";

describe("lib/cti/client: connections", () => {
  let broker: CtiSimulator | undefined;
  let client: CtiClient;
  const open = async (options: Partial<CtiClientOptions> = {}): Promise<CtiSimulator> => {
    broker = await startCtiSimulator();
    client = createCtiClient({ url: broker.url, ...options });
    return broker;
  };
  afterEach(async () => {
    await broker?.close();
    broker = undefined;
  });
  const commands = (): number => broker?.requests.filter(({ operation }) => operation === "command").length ?? 0;

  const DIAL = { name: "Dial", imAddress: ANNA, number: "tel:+31201234567" } as const;
  for (const [what, prepare] of [
    ["answers 503", (faults) => Object.assign(faults, { refuse: 1, refuseStatus: 503 })],
    ["answers 429", (faults) => Object.assign(faults, { refuse: 1, refuseStatus: 429 })],
    ["answers 500", (faults) => Object.assign(faults, { refuse: 1, refuseStatus: 500 })],
    ["cuts the connection", (faults) => Object.assign(faults, { lose: 1 })],
    ["does not answer in time", (faults) => Object.assign(faults, { slowMs: 400 })],
  ] as [string, (faults: CtiSimulator["faults"]) => unknown][]) {
    it(`sends a Dial once when the broker ${what}`, async () => {
      const { faults } = await open({ timeoutMs: 150 });
      prepare(faults);
      await assert.rejects(client.command(DIAL));
      // A second try of any other command is answered at once: had there been one for the Dial, it would be here.
      faults.slowMs = 0;
      await client.command({ name: "HeartBeat", imAddress: ANNA });
      assert.equal(commands(), 2);
    });
  }

  it("uses a fresh socket for each request: a kept one that the broker closed would cost a Dial its only try", async () => {
    const used = new Set<object>();
    const server = createServer((request, response) => {
      if (used.has(request.socket)) request.socket.destroy();
      else response.writeHead(202).end();
      used.add(request.socket);
    });
    const impatient = createCtiClient({ url: `http://127.0.0.1:${await listen(server)}` });
    try {
      await impatient.command({ name: "AgentLogin", imAddress: ANNA });
      assert.equal((await impatient.command(DIAL)).status, 202);
      assert.equal((await impatient.command(DIAL)).status, 202);
    } finally {
      server.close();
    }
  });

  it("tries a log-in again that the broker surely did not process", async () => {
    const { faults } = await open();
    Object.assign(faults, { refuse: 1, refuseStatus: 503 });
    assert.equal((await client.command({ name: "AgentLogin", imAddress: ANNA })).status, 202);
    assert.equal(commands(), 2);
  });

  it("keeps connections for a burst of subscriptions, and none after it", async () => {
    let connections = 0;
    let open = 0;
    const server = createServer((request, response) => {
      request.resume().on("end", () => response.writeHead(201, { Location: "api/subscribe/x" }).end());
    }).on("connection", (socket) => {
      connections++;
      open++;
      socket.on("close", () => open--);
    });
    const local = createCtiClient({ url: `http://127.0.0.1:${await listen(server)}` });
    try {
      for (let round = 0; round < 5; round++) await local.subscribe({ imAddress: ANNA, callback: CALLBACK });
      assert.equal(connections, 1);
      await until("the connection to be closed", () => open === 0);
    } finally {
      local.close();
      server.close();
    }
  });

  it("leaves a request under way its answer when it closes: the broker goes on with it", async () => {
    let answer: (() => void) | undefined;
    const server = createServer((_request, response) => (answer = () => response.writeHead(202).end()));
    const local = createCtiClient({ url: `http://127.0.0.1:${await listen(server)}` });
    try {
      const ended = local.unsubscribe("x");
      await until("the request", () => answer);
      local.close();
      setImmediate(() => answer?.());
      assert.equal(await ended, "ended");
    } finally {
      server.close();
    }
  });
});
