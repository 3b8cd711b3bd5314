/** Commands in order per agent, and the heartbeat between a log-in and a log-out. */
import { agentKey } from "./addresses.js";
import type { CtiClient } from "./client.js";
import type { Command, CommandBody } from "./commands.js";

/** A command and what shall follow it. */
export interface CommandRequest {
  command: Command;
  /** Milliseconds between heartbeats after a log-in; 0 = none. */
  heartbeatMs?: number;
  /** Fires when whoever ordered it is closed: what was not sent is not sent any more, and its heartbeats end. */
  signal: AbortSignal;
  /** A heartbeat that failed; the next one is sent all the same. */
  onBeatFailed?: (error: unknown) => void;
  /** The heartbeat that this order started has begun or ended. */
  onBeatChange?: () => void;
}

interface Beat {
  order: CommandRequest;
  timer: NodeJS.Timeout;
  /** Ends a beat under way, so that none arrives behind a log-out. */
  abort: AbortController;
}

interface Agent {
  /** Ends when the agent's last command so far was answered. */
  lastCommand: Promise<unknown>;
  beat?: Beat;
}

/** All agents of one broker. */
export class AgentCommands {
  private readonly agents = new Map<string, Agent>();

  constructor(private readonly client: Pick<CtiClient, "command">) {}

  /**
   * Sends a command once the earlier ones of the same agent were answered.
   * @throws ContactCenterError what the broker or the network said; `ECLOSED` when the signal fired first
   */
  send(order: CommandRequest): Promise<{ body: CommandBody; status: number }> {
    const key = agentKey(order.command.imAddress);
    const agent: Agent = this.agents.get(key) ?? { lastCommand: Promise.resolve() };
    this.agents.set(key, agent);
    const result = agent.lastCommand.then(() => this.run(agent, order));
    const lastCommand = result
      .catch(() => undefined)
      .then(() => {
        if (agent.lastCommand === lastCommand && !agent.beat) this.agents.delete(key);
      });
    agent.lastCommand = lastCommand;
    return result;
  }

  /**
   * Addresses of the agents with a heartbeat.
   * @param signal only those that were ordered with it; all when left out
   */
  beating(signal?: AbortSignal): string[] {
    const orders = [...this.agents.values()].flatMap((agent) => agent.beat?.order ?? []);
    return orders
      .filter((order) => signal === undefined || order.signal === signal)
      .map((order) => order.command.imAddress);
  }

  /** Ends all heartbeats. */
  close(): void {
    for (const agent of this.agents.values()) stop(agent);
  }

  private async run(agent: Agent, order: CommandRequest): Promise<{ body: CommandBody; status: number }> {
    const { command, heartbeatMs = 0, signal } = order;
    const paused = command.name === "AgentLogout" ? stop(agent) : undefined;
    try {
      const sent = await this.client.command(command, signal);
      if (command.name === "AgentLogin" && heartbeatMs > 0) this.start(agent, order, heartbeatMs);
      return sent;
    } catch (error) {
      // The agent is still logged in as far as anybody knows.
      if (paused) this.start(agent, paused.order, paused.order.heartbeatMs ?? 0);
      throw error;
    }
  }

  private start(agent: Agent, order: CommandRequest, everyMs: number): void {
    stop(agent);
    if (order.signal.aborted) return;
    const abort = new AbortController();
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      this.client
        .command({ name: "HeartBeat", imAddress: order.command.imAddress }, abort.signal)
        .catch((error: unknown) => {
          if (!abort.signal.aborted) order.onBeatFailed?.(error);
        })
        .finally(() => {
          busy = false;
        });
    }, everyMs);
    agent.beat = { order, timer, abort };
    const beat = agent.beat;
    order.signal.addEventListener("abort", () => agent.beat === beat && stop(agent), { signal: abort.signal });
    order.onBeatChange?.();
  }
}

function stop(agent: Agent): Beat | undefined {
  const { beat } = agent;
  if (!beat) return undefined;
  clearInterval(beat.timer);
  beat.abort.abort();
  delete agent.beat;
  beat.order.onBeatChange?.();
  return beat;
}
