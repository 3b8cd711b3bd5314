/**
 * Fires a command at an Anywhere365 CTI Broker: log in, log out, dial, heartbeat.
 *
 * Message in: `payload` = {commandType, ImAddress, number} for what the settings leave blank.
 * Message out: the same message; `payload` = the body that was sent, `statusCode`.
 * Vendor document: CTI Broker REST API, "Fire Commands".
 */
import { setMaxListeners } from "node:events";
import type { Node, NodeAPI, NodeDef } from "node-red";
import { refused } from "../../lib/core/errors.js";
import { MAX_TIMER_MS } from "../../lib/core/values.js";
import { readCommand } from "../../lib/cti/commands.js";
import { onInput, localize } from "../shared/input.js";
import { setStatus, clearStatus } from "../shared/status.js";
import { valueReader } from "../shared/values.js";
import { brokerOf, codeOf } from "./connection.js";

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

function heartbeatMs(value: number | string | undefined): number {
  const ms = Number(value ?? 0) * 1000;
  if (ms >= 0 && ms <= MAX_TIMER_MS) return ms;
  throw refused("cti.errors.heartbeat", { vendor: "anywhere365", operation: "AgentLogin", field: "heartbeat" });
}

export = (RED: NodeAPI): void => {
  function CtiCommand(this: Node, config: CommandConfig): void {
    RED.nodes.createNode(this, config);
    const read = valueReader(RED, this, config, FIELDS, "anywhere365");
    const closing = new AbortController();
    // Each agent's heartbeat listens, and a shift has more than the ten that Node takes for a leak.
    setMaxListeners(0, closing.signal);

    const show = (): void => {
      if (closing.signal.aborted) return;
      const beats = brokerOf(RED, config.broker, "command").open().agents.beating(closing.signal).length;
      if (beats > 0) setStatus(this, "connected", RED._("cti-command.badge.beats", { count: beats }));
      else clearStatus(this);
    };

    onInput(RED, this, async (message, send) => {
      try {
        const { agents } = brokerOf(RED, config.broker, "command").open();
        const command = readCommand(await read(message));
        const sent = await agents.send({
          command,
          heartbeatMs: heartbeatMs(config.heartbeat),
          signal: closing.signal,
          onBeatFailed: (error) =>
            this.warn(RED._("cti-command.beat-failed", { detail: localize(RED, error).message })),
          onBeatChange: show,
        });
        show();
        Object.assign(message, { payload: sent.body, statusCode: sent.status });
        send(message);
      } catch (error) {
        setStatus(this, "error", codeOf(error));
        throw error;
      }
    });

    this.on("close", (done: () => void) => {
      closing.abort();
      done();
    });
  }
  RED.nodes.registerType("cti-command", CtiCommand);
};
