import assert from "node:assert/strict";
import { type Clock, install } from "@sinonjs/fake-timers";
import { AgentCommands } from "../../../lib/cti/agent-commands.js";
import type { CommandOptions, CtiClient } from "../../../lib/cti/client.js";
import type { Command } from "../../../lib/cti/commands.js";
import type { CommandName } from "../../../lib/cti/tables.js";
import { resetSteady } from "../../support/steady.js";

const ANNA = "sip:anna@contoso.example";
const BART = "sip:bart@contoso.example";

/** A client that notes what it was asked, and answers when the test says so. */
class FakeClient implements Pick<CtiClient, "command"> {
  readonly sent: string[] = [];
  answer: (command: Command, options: CommandOptions) => Promise<void> = () => Promise.resolve();

  async command(
    command: Command,
    { signal, ...options }: CommandOptions = {},
  ): Promise<{ body: { ImAddress: string; commandType: CommandName }; status: number }> {
    signal?.throwIfAborted();
    this.sent.push(`${command.name} ${command.imAddress}`);
    await this.answer(command, options);
    return { body: { ImAddress: command.imAddress, commandType: command.name }, status: 202 };
  }

  beats(address = ANNA): number {
    return this.sent.filter((line) => line === `HeartBeat ${address}`).length;
  }
}

describe("lib/cti/agent-commands", () => {
  let clock: Clock;
  let client: FakeClient;
  let agents: AgentCommands;
  let owner: AbortController;
  let failures: unknown[];
  let abandoned: number[];
  const order = (name: CommandName, imAddress = ANNA): Promise<unknown> =>
    agents.send({
      command: { name, imAddress },
      owner: "node",
      signal: owner.signal,
    });
  const attach = (everyMs = 1000, name = "node"): void =>
    agents.heartbeats.attach(name, { everyMs, onFailed: (error) => failures.push(error) });

  beforeEach(() => {
    clock = install();
    resetSteady();
    client = new FakeClient();
    abandoned = [];
    agents = new AgentCommands(client, (count) => abandoned.push(count));
    owner = new AbortController();
    failures = [];
    attach();
  });
  afterEach(() => {
    agents.close();
    clock.uninstall();
    resetSteady();
  });

  it("beats first one interval after the log-in was taken, then at each interval", async () => {
    await order("AgentLogin");
    await clock.tickAsync(999);
    assert.equal(client.beats(), 0);
    await clock.tickAsync(1);
    assert.equal(client.beats(), 1);
    await clock.tickAsync(3000);
    assert.equal(client.beats(), 4);
  });

  it("has one beat per agent, however often the agent logs in and however it is written", async () => {
    await order("AgentLogin");
    await order("AgentLogin", ANNA.toUpperCase().replace("SIP:", "sip:"));
    await order("AgentLogin");
    await order("AgentLogin", BART);
    await clock.tickAsync(1000);
    assert.deepEqual([client.sent.filter((line) => line.startsWith("HeartBeat")).length, client.beats(BART)], [2, 1]);
  });

  it("does not beat when the log-in failed, or without an interval", async () => {
    client.answer = () => Promise.reject(new Error("500"));
    await assert.rejects(order("AgentLogin"));
    client.answer = () => Promise.resolve();
    attach(0);
    await order("AgentLogin", BART);
    await clock.tickAsync(5000);
    assert.equal(client.sent.length, 2);
  });

  it("goes on where another node without an interval logs the agent in, too", async () => {
    await order("AgentLogin");
    attach(0, "other");
    await agents.send({ command: { name: "AgentLogin", imAddress: ANNA }, owner: "other", signal: owner.signal });
    await clock.tickAsync(3000);
    assert.deepEqual([client.beats(), agents.heartbeats.list("node")], [3, [ANNA]]);
  });

  it("goes on at the node that had logged the agent in before, when the last one wants none, or is gone for good", async () => {
    const login = (name: string): Promise<unknown> =>
      agents.send({ command: { name: "AgentLogin", imAddress: ANNA }, owner: name, signal: owner.signal });
    const leave = { "wants none": () => attach(0, "last"), "is gone": () => agents.heartbeats.detach("last", true) };
    for (const [name, leaves] of Object.entries(leave)) {
      attach(5000, "last");
      for (const each of ["node", "last"]) await login(each);
      assert.deepEqual(agents.heartbeats.list("last"), [ANNA], name);
      leaves();
      assert.deepEqual(agents.heartbeats.list("node"), [ANNA], name);
      const before = client.beats();
      await clock.tickAsync(3000);
      assert.equal(client.beats() - before, 3, name);
    }
    attach(5000, "last");
    await login("last");
    for (const each of ["node", "last"]) agents.heartbeats.detach(each, false);
    attach(0, "last");
    attach(2000);
    const before = client.beats();
    await clock.tickAsync(4000);
    assert.deepEqual([client.beats() - before, agents.heartbeats.detach("node", true)], [2, 1]);
  });

  it("goes on when the broker's word about a log-out comes after the next log-in, and ends with the next one", async () => {
    for (const name of ["AgentLogin", "AgentLogout", "AgentLogin"] as const) await order(name);
    agents.loggedOff(ANNA, false);
    await clock.tickAsync(2000);
    assert.equal(client.beats(), 2);
    agents.loggedOff(ANNA, false);
    assert.deepEqual(agents.heartbeats.list(), []);
  });

  it("ends where the log-in failed after all, or the word comes long after the log-out", async () => {
    for (const name of ["AgentLogin", "AgentLogout", "AgentLogin"] as const) await order(name);
    agents.loggedOff(ANNA, true);
    assert.deepEqual(agents.heartbeats.list(), []);
    await order("AgentLogin");
    await clock.tickAsync(31_000);
    agents.loggedOff(ANNA, false);
    assert.deepEqual(agents.heartbeats.list(), []);
  });

  it("stops with the log-out, whoever sends it, and goes on when the log-out failed", async () => {
    await order("AgentLogin");
    client.answer = (command) =>
      command.name === "AgentLogout" ? Promise.reject(new Error("500")) : Promise.resolve();
    await assert.rejects(order("AgentLogout"));
    await clock.tickAsync(1000);
    assert.equal(client.beats(), 1);
    client.answer = () => Promise.resolve();
    await agents.send({ command: { name: "AgentLogout", imAddress: ANNA }, signal: new AbortController().signal });
    await clock.tickAsync(5000);
    assert.equal(client.beats(), 1);
    assert.deepEqual(agents.heartbeats.list(), []);
  });

  it("goes on while its owner is replaced, with the new interval", async () => {
    await order("AgentLogin");
    owner.abort();
    agents.heartbeats.detach("node", false);
    await clock.tickAsync(2000);
    assert.equal(client.beats(), 2);
    attach(4000);
    await clock.tickAsync(30_000);
    assert.deepEqual([client.beats(), abandoned], [9, []]);
  });

  it("beats at its time although its owner is replaced again and again", async () => {
    await order("AgentLogin");
    for (let deploy = 0; deploy < 10; deploy++) {
      await clock.tickAsync(900);
      agents.heartbeats.detach("node", false);
      attach();
    }
    assert.equal(client.beats(), 9);
    for (let deploy = 0; deploy < 10; deploy++) {
      await clock.tickAsync(900);
      attach(deploy % 2 === 0 ? 2000 : 1000);
    }
    assert.ok(client.beats() >= 13, `${client.beats()}`);
  });

  it("ends, and says so, when its owner does not come back; at once when it is gone for good or wants none", async () => {
    await order("AgentLogin");
    agents.heartbeats.detach("node", false);
    await clock.tickAsync(60_000);
    assert.deepEqual([client.beats(), abandoned], [29, [1]]);
    attach();
    await order("AgentLogin");
    assert.equal(agents.heartbeats.detach("node", true), 1);
    attach();
    await order("AgentLogin");
    attach(0);
    assert.deepEqual(agents.heartbeats.list(), []);
  });

  it("does not start when the log-in is answered after the owner left for good", async () => {
    let answer = (): void => undefined;
    client.answer = () => new Promise((resolve) => (answer = resolve));
    const login = order("AgentLogin");
    await clock.tickAsync(0);
    agents.heartbeats.detach("node", true);
    answer();
    await login;
    await clock.tickAsync(5000);
    assert.equal(client.beats(), 0);
  });

  it("ends all when it is closed, says how many, and starts none for a log-in that is answered later", async () => {
    await order("AgentLogin");
    let answer = (): void => undefined;
    client.answer = () => new Promise((resolve) => (answer = resolve));
    const login = order("AgentLogin", BART);
    await clock.tickAsync(0);
    assert.equal(agents.close(), 1);
    answer();
    await login;
    await clock.tickAsync(60_000);
    assert.deepEqual([client.beats(), client.beats(BART), abandoned], [0, 0, []]);
  });

  it("reports a beat that failed and sends the next one", async () => {
    await order("AgentLogin");
    client.answer = () => Promise.reject(new Error("500"));
    await clock.tickAsync(2000);
    assert.deepEqual([client.beats(), failures.length], [2, 2]);
  });

  it("never has two beats of one agent under way", async () => {
    await order("AgentLogin");
    client.answer = () => new Promise(() => undefined);
    await clock.tickAsync(10_000);
    assert.equal(client.beats(), 1);
  });

  it("keeps the commands of one agent in order, and agents apart", async () => {
    const answers: (() => void)[] = [];
    client.answer = () => new Promise((resolve) => answers.push(resolve));
    const all = [order("AgentLogin"), order("AgentLogout"), order("AgentLogin", BART)];
    await clock.tickAsync(0);
    assert.deepEqual(client.sent, [`AgentLogin ${ANNA}`, `AgentLogin ${BART}`]);
    for (const answer of answers) answer();
    await clock.tickAsync(0);
    assert.deepEqual(client.sent.slice(2), [`AgentLogout ${ANNA}`]);
    for (const answer of answers) answer();
    await Promise.all(all);
    assert.deepEqual(agents.heartbeats.list(), [BART]);
  });

  describe("in bounded time", () => {
    const codeOf = (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => "answered",
        (error: unknown) => (error as { code?: unknown }).code,
      );
    const never = (): Promise<void> => new Promise(() => undefined);

    it("gives each command what is left of 15 s, waiting included", async () => {
      const limits: (number | undefined)[] = [];
      client.answer = async (_command, { totalMs }) => {
        limits.push(totalMs);
        await new Promise((resolve) => setTimeout(resolve, 4000));
      };
      const all = [order("AgentLogin"), order("AgentLogout")];
      await clock.tickAsync(8000);
      await Promise.all(all);
      assert.deepEqual(limits, [15_000, 11_000]);
    });

    it("refuses a command that an unanswered one keeps waiting for 13 s, and does not send it", async () => {
      client.answer = never;
      void order("AgentLogin");
      let code: unknown;
      void codeOf(order("AgentLogout")).then((refused) => (code = refused));
      await clock.tickAsync(12_900);
      assert.equal(code, undefined);
      await clock.tickAsync(100);
      assert.deepEqual([code, client.sent.length], ["ETIMEDOUT", 1]);
      await clock.tickAsync(60_000);
      assert.equal(client.sent.length, 1);
    });

    it("refuses a Dial that could not leave within 2 s, and never sends it", async () => {
      client.answer = never;
      void order("AgentLogin");
      const dial = codeOf(order("Dial"));
      await clock.tickAsync(2000);
      assert.equal(await dial, "ETIMEDOUT");
      await clock.tickAsync(60_000);
      assert.deepEqual(client.sent, [`AgentLogin ${ANNA}`]);
    });

    it("gives a Dial that waited only the rest of its 2 s to connect", async () => {
      let connectMs: number | undefined;
      client.answer = async (command, options) => {
        if (command.name === "Dial") connectMs = options.connectMs;
        else await new Promise((resolve) => setTimeout(resolve, 1500));
      };
      const all = [order("AgentLogin"), order("Dial")];
      await clock.tickAsync(1500);
      await Promise.all(all);
      assert.equal(connectMs, 500);
    });

    it("does not keep a Dial behind a command that is being retried", async () => {
      client.answer = async (command, { onRetry }) => {
        if (command.name === "Dial") return;
        await new Promise((resolve) => setTimeout(resolve, 100));
        onRetry?.();
        await never();
      };
      void order("AgentLogin");
      void order("AgentLogout");
      const first = codeOf(order("Dial"));
      await clock.tickAsync(100);
      assert.equal(await first, "answered");
      const second = codeOf(order("Dial"));
      await clock.tickAsync(0);
      assert.equal(await second, "answered");
    });

    it("ends what waits with ECLOSED as soon as its node is closed", async () => {
      client.answer = never;
      void order("AgentLogin");
      const logout = assert.rejects(order("AgentLogout"), { code: "ECLOSED", key: "cti.errors.closed-unsent" });
      await clock.tickAsync(0);
      owner.abort();
      await logout;
      assert.equal(client.sent.length, 1);
    });
  });

  it("sends nothing that waited when the node is closed, and goes on for other nodes", async () => {
    let answer = (): void => undefined;
    client.answer = () => new Promise((resolve) => (answer = resolve));
    const login = order("AgentLogin");
    const dial = order("Dial");
    await clock.tickAsync(0);
    owner.abort();
    answer();
    await login;
    await assert.rejects(dial);
    assert.deepEqual(client.sent, [`AgentLogin ${ANNA}`]);
    client.answer = () => Promise.resolve();
    owner = new AbortController();
    await order("Dial");
    assert.equal(client.sent.length, 2);
  });
});
