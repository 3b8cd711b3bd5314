import assert from "node:assert/strict";
import { type Clock, install } from "@sinonjs/fake-timers";
import { AgentCommands } from "../../../lib/cti/agent-commands.js";
import type { CtiClient } from "../../../lib/cti/client.js";
import type { Command } from "../../../lib/cti/commands.js";
import type { CommandName } from "../../../lib/cti/tables.js";

const ANNA = "sip:anna@contoso.example";
const BART = "sip:bart@contoso.example";

/** A client that notes what it was asked, and answers when the test says so. */
class FakeClient implements Pick<CtiClient, "command"> {
  readonly sent: string[] = [];
  answer: (command: Command) => Promise<void> = () => Promise.resolve();

  async command(
    command: Command,
    signal?: AbortSignal,
  ): Promise<{ body: { ImAddress: string; commandType: CommandName }; status: number }> {
    signal?.throwIfAborted();
    this.sent.push(`${command.name} ${command.imAddress}`);
    await this.answer(command);
    return { body: { ImAddress: command.imAddress, commandType: command.name }, status: 202 };
  }

  beats(address = ANNA): number {
    return this.sent.filter((line) => line === `HeartBeat ${address}`).length;
  }
}

describe("lib/cti/agents", () => {
  let clock: Clock;
  let client: FakeClient;
  let agents: AgentCommands;
  let owner: AbortController;
  let failures: unknown[];
  const order = (name: CommandName, imAddress = ANNA, heartbeatMs = 1000): Promise<unknown> =>
    agents.send({
      command: { name, imAddress },
      heartbeatMs,
      signal: owner.signal,
      onBeatFailed: (error) => failures.push(error),
    });

  beforeEach(() => {
    clock = install();
    client = new FakeClient();
    agents = new AgentCommands(client);
    owner = new AbortController();
    failures = [];
  });
  afterEach(() => {
    agents.close();
    clock.uninstall();
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
    await order("AgentLogin", BART, 0);
    await clock.tickAsync(5000);
    assert.equal(client.sent.length, 2);
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
    assert.deepEqual(agents.beating(), []);
  });

  it("stops when the node that logged in is closed", async () => {
    await order("AgentLogin");
    owner.abort();
    await clock.tickAsync(5000);
    assert.equal(client.beats(), 0);
  });

  it("does not start when the log-in is answered after the node was closed", async () => {
    let answer = (): void => undefined;
    client.answer = () => new Promise((resolve) => (answer = resolve));
    const login = order("AgentLogin");
    await clock.tickAsync(0);
    owner.abort();
    answer();
    await login;
    await clock.tickAsync(5000);
    assert.equal(client.beats(), 0);
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
    assert.deepEqual(agents.beating(), [BART]);
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
