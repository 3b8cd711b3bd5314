/**
 * Fires a command at an Anywhere365 CTI Broker: log in, log out, dial, heartbeat.
 *
 * Message in: `payload` = {commandType, ImAddress, number} for what the settings leave blank.
 * Message out: the same message; `payload` = the body that was sent, `statusCode`.
 * Vendor document: CTI Broker REST API, "Fire Commands".
 */
import { setMaxListeners } from "node:events";
import type { Node, NodeAPI, NodeDef } from "node-red";
import { type ContactCenterError, refused } from "../../lib/core/errors.js";
import { MAX_TIMER_MS } from "../../lib/core/values.js";
import type { AgentCommands } from "../../lib/cti/agent-commands.js";
import { readCommand } from "../../lib/cti/commands.js";
import type { Heartbeats } from "../../lib/cti/heartbeats.js";
import { isDeploying, onceDeployed } from "../shared/deploys.js";
import { onInput, localize } from "../shared/input.js";
import { warnOncePerMinute } from "../shared/log.js";
import { clearStatus, failureWord, resetStatus, setStatus } from "../shared/status.js";
import { valueReader } from "../shared/values.js";
import { brokerOf } from "./connection.js";

interface CommandConfig extends NodeDef {
  broker?: string;
  /** Blank = from the message. */
  command?: string;
  imAddress?: unknown;
  imAddressType?: string;
  number?: unknown;
  numberType?: string;
  /** Seconds; 0 = off. */
  heartbeat?: number | string;
}

const FIELDS = [
  { setting: "command", vendorName: "commandType" },
  { setting: "imAddress", vendorName: "ImAddress" },
  { setting: "number", vendorName: "number" },
] as const;

/** The shortest interval between heartbeats, milliseconds. */
const SHORTEST_MS = 5000;

/** @returns what was entered, milliseconds; 0 = off */
function heartbeatMs(value: number | string | undefined): number {
  const ms = Number(value ?? 0) * 1000;
  if (ms >= 0 && ms <= MAX_TIMER_MS) return ms;
  throw refused("cti.errors.heartbeat", { vendor: "anywhere365", operation: "AgentLogin", field: "heartbeat" });
}

export = (RED: NodeAPI) => {
  function CtiCommand(this: Node, config: CommandConfig): void {
    RED.nodes.createNode(this, config);
    const read = valueReader(RED, this, config, FIELDS, "anywhere365");
    const closing = new AbortController();
    // Each command under way listens, and a shift has more than the ten that Node takes for a leak.
    setMaxListeners(0, closing.signal);

    let heartbeats: Heartbeats | undefined;
    const show = (): void => {
      const count = heartbeats?.list(this.id).length ?? 0;
      if (count > 0) setStatus(this, "connected", RED._("cti-command.badge.beats", { count }));
      else clearStatus(this);
    };
    /** Also after a deploy that replaced this node: heartbeats that it started go on. */
    const attach = (agents: AgentCommands): void => {
      if (heartbeats === agents.heartbeats) return;
      const enteredMs = heartbeatMs(config.heartbeat);
      const everyMs = enteredMs > 0 ? Math.max(enteredMs, SHORTEST_MS) : 0;
      if (everyMs > enteredMs) this.warn(RED._("cti-command.beat-raised", { seconds: SHORTEST_MS / 1000 }));
      heartbeats = agents.heartbeats;
      heartbeats.attach(this.id, {
        everyMs,
        onFailed: (error) =>
          warnOncePerMinute(
            this,
            "heartbeat",
            RED._("cti-command.beat-failed", { detail: localize(RED, error).message }),
          ),
        onChange: show,
      });
    };
    const leave = (isForGood: boolean): void => {
      const count = heartbeats?.detach(this.id, isForGood) ?? 0;
      if (count > 0) this.warn(RED._("cti.warnings.heartbeats", { count }));
    };
    resetStatus(this);
    const off = onceDeployed(RED, () => {
      try {
        attach(brokerOf(RED, config.broker, "command").open().agents);
        show();
      } catch (error) {
        setStatus(this, "error", "unconfigured");
        this.warn(localize(RED, error).message);
      }
    });

    let unanswered = 0;
    onInput(RED, this, async (message, send) => {
      unanswered++;
      try {
        const { agents } = brokerOf(RED, config.broker, "command").open();
        attach(agents);
        const command = readCommand(await read(message));
        const sent = await agents.send({ command, owner: this.id, signal: closing.signal });
        show();
        Object.assign(message, { payload: sent.body, statusCode: sent.status });
        send(message);
      } catch (error) {
        if (!closing.signal.aborted) setStatus(this, "error", failureWord(RED, error as Partial<ContactCenterError>));
        throw error;
      } finally {
        unanswered--;
      }
    });

    this.on("close", (removed: boolean, done: () => void) => {
      off();
      // Catch nodes that the same deploy closes see no error.
      if (unanswered > 0) this.warn(RED._("cti-command.unanswered", { count: unanswered }));
      closing.abort();
      const isDeploy = isDeploying(RED);
      leave(removed && !isDeploy);
      // A node that moves while its former tab is deleted counts as removed, and comes back.
      if (removed && isDeploy) onceDeployed(RED, () => RED.nodes.getNode(this.id) || leave(true));
      done();
    });
  }
  return CtiCommand;
};
