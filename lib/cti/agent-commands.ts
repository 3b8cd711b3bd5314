/** Commands in order per agent and in bounded time, with the heartbeat between a log-in and a log-out. */
import { STEADY } from "../core/clock.js";
import { CLOSED, ContactCenterError } from "./errors.js";
import { agentKey } from "./addresses.js";
import type { CtiClient } from "./client.js";
import type { Command, CommandBody } from "./commands.js";
import { Heartbeats } from "./heartbeats.js";

/** A command and what shall follow it. */
export interface CommandRequest {
  command: Command;
  /** Whose heartbeat a log-in starts; none when left out. See {@link Heartbeats.attach}. */
  owner?: string;
  /** Fires when whoever asked is closed: what was not answered fails with `ECLOSED`. */
  signal: AbortSignal;
}

/** What was sent, and the HTTP status of the answer. */
export interface CommandResult {
  body: CommandBody;
  status: number;
}

/** The last commands of one agent. */
interface Agent {
  /** Resolves when all so far were answered. */
  last: Promise<unknown>;
  /** Commands that are being retried. */
  retrying: number;
  /** Called when a command begins to be retried. */
  readonly onRetry: Set<() => void>;
}

/** Each command is answered within this time, milliseconds. */
const COMMAND_MS = 15_000;
/** A command that could not leave within this time is refused, milliseconds: the rest is for its answer. */
const TURN_MS = 13_000;
/** A `Dial` that could not leave within this time is refused, milliseconds: nobody expects the call any more. */
const DIAL_MS = 2000;

/** How long after a log-out the event that says so may come, milliseconds. */
const LOGGED_OFF_MS = 30_000;

/** The agents of one broker. */
export class AgentCommands {
  readonly heartbeats: Heartbeats;
  private readonly agents = new Map<string, Agent>();
  // When log-outs were taken whose event has not come, Unix milliseconds, the oldest first.
  private readonly logouts = new Map<string, number>();

  /** @param onAbandoned see {@link Heartbeats} */
  constructor(
    private readonly client: Pick<CtiClient, "command">,
    private readonly onAbandoned?: (count: number) => void,
  ) {
    this.heartbeats = new Heartbeats(
      (imAddress, signal) => client.command({ name: "HeartBeat", imAddress }, { signal }),
      onAbandoned,
    );
  }

  /**
   * Sends a command once the earlier ones of the same agent were answered. A `Dial` does not wait for one that is being
   * retried, and for any other one no longer than 2 s.
   * @throws ContactCenterError what the broker or the network said; `ETIMEDOUT` when it was not sent because an earlier
   *   one was not answered; `ECLOSED` when the signal fired first
   */
  async send(request: CommandRequest): Promise<CommandResult> {
    const { command, signal } = request;
    const started = STEADY.now();
    const agent = this.agentOf(command.imAddress);
    const before = agent.last;
    let setAnswered = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      setAnswered = resolve;
    });
    const last = Promise.all([before, answered]);
    agent.last = last;
    try {
      const isDial = command.name === "Dial";
      const turn = isDial ? Promise.race([before, retryOf(agent)]) : before;
      const isTurn = await within(turn, isDial ? DIAL_MS : TURN_MS, signal);
      if (signal.aborted) throw failure(CLOSED, "cti.errors.closed-unsent", command);
      if (!isTurn) throw failure("ETIMEDOUT", isDial ? "cti.errors.dial-late" : "cti.errors.command-late", command);
      return await this.run(agent, request, STEADY.now() - started);
    } finally {
      setAnswered();
      void last.then(() => {
        if (agent.last === last) this.agents.delete(agentKey(command.imAddress));
      });
    }
  }

  /**
   * The broker says that an agent is not logged in: the heartbeat ends, unless this is about a log-out before the last log-in.
   * @param hasFailed true for a log-in that failed
   */
  loggedOff(imAddress: string, hasFailed: boolean): void {
    const key = agentKey(imAddress);
    const at = hasFailed ? undefined : this.logouts.get(key);
    if (at !== undefined) this.logouts.delete(key);
    if (at === undefined || STEADY.now() - at > LOGGED_OFF_MS) this.heartbeats.stop(imAddress);
  }

  /**
   * Ends all heartbeats: agents were logged in here, and are not followed anywhere else.
   * @returns how many have ended
   */
  close(): number {
    return this.heartbeats.close();
  }

  private agentOf(imAddress: string): Agent {
    const key = agentKey(imAddress);
    const agent = this.agents.get(key) ?? { last: Promise.resolve(), retrying: 0, onRetry: new Set() };
    this.agents.set(key, agent);
    return agent;
  }

  private noteLogout(imAddress: string): void {
    const now = STEADY.now();
    for (const [key, at] of this.logouts) {
      if (now - at <= LOGGED_OFF_MS) break;
      this.logouts.delete(key);
    }
    this.logouts.delete(agentKey(imAddress));
    this.logouts.set(agentKey(imAddress), now);
  }

  private async run(
    agent: Agent,
    { command, owner, signal }: CommandRequest,
    waitedMs: number,
  ): Promise<CommandResult> {
    const restart = command.name === "AgentLogout" ? this.heartbeats.stop(command.imAddress) : undefined;
    let isRetried = false;
    const onRetry = (): void => {
      if (!isRetried) agent.retrying++;
      isRetried = true;
      for (const listener of agent.onRetry) listener();
    };
    try {
      const limits = {
        totalMs: COMMAND_MS - waitedMs,
        ...(command.name === "Dial" && { connectMs: Math.max(1, DIAL_MS - waitedMs) }),
      };
      const sent = await this.client.command(command, { signal, onRetry, ...limits });
      if (command.name === "AgentLogout") this.noteLogout(command.imAddress);
      if (command.name === "AgentLogin" && owner !== undefined) this.heartbeats.start(command.imAddress, owner);
      return sent;
    } catch (error) {
      // The agent is still logged in as far as anybody knows; whoever closes wanted the end, and does not hear of it.
      if (!signal.aborted) restart?.();
      else if (restart) this.onAbandoned?.(1);
      throw error;
    } finally {
      if (isRetried) agent.retrying--;
    }
  }
}

/** Resolves when a command of this agent is being retried. */
function retryOf(agent: Agent): Promise<void> {
  if (agent.retrying > 0) return Promise.resolve();
  return new Promise((resolve) => {
    const listener = (): void => {
      agent.onRetry.delete(listener);
      resolve();
    };
    agent.onRetry.add(listener);
    void agent.last.then(listener);
  });
}

/** @returns true when the work ended within the limit, false when not, or when the signal fired. */
function within(work: Promise<unknown>, limitMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isDone: boolean) => (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      resolve(isDone);
    };
    const stop = end(false);
    const timer = setTimeout(stop, limitMs);
    signal.addEventListener("abort", stop);
    void work.then(end(true));
  });
}

function failure(code: string, key: string, { name }: Command): ContactCenterError {
  return new ContactCenterError(code, key, { vendor: "anywhere365", operation: name, sent: false });
}
