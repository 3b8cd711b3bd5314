/**
 * Lists agents, or reads one.
 *
 * Message in: `payload` = filters (list) or the agent's id, or an object with `id` (get), where the settings are blank.
 * Message out: `payload` = all agents of all pages, or the one.
 * Vendor document: "Webitel REST API usage examples", 1. Agents.
 */
import type { Node, NodeAPI, NodeDef } from "node-red";
import { refused } from "../../lib/core/errors.js";
import { isBlank, isRecord, withoutMap } from "../../lib/core/values.js";
import { agentQuery } from "../../lib/webitel/requests.js";
import { readValue, required } from "../../lib/webitel/fields.js";
import type { Message } from "../shared/input.js";
import { evaluate } from "../shared/values.js";
import { onCallInput } from "./call-input.js";
import { withClient } from "./connection.js";

interface Config extends NodeDef {
  connection?: string;
  operation?: "list" | "get";
  agentId?: string;
  agentIdType?: string;
  filters?: string;
  filtersType?: string;
}

export = (RED: NodeAPI) => {
  function Agents(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const typed = (message: Message, field: "agentId" | "filters"): unknown =>
      evaluate(RED, this, message, field, { value: config[field], type: config[`${field}Type`] }, "webitel");

    const agentId = async (message: Message): Promise<string> => {
      const { payload } = message;
      const id = (await typed(message, "agentId")) ?? (isRecord(payload) ? payload["id"] : payload);
      if (isBlank(id)) throw required("ReadAgent", "agentId");
      return readValue("ReadAgent", "agentId", "id", id) as string;
    };

    const filters = async (message: Message): Promise<Record<string, unknown>> => {
      const { payload } = message;
      const made = await typed(message, "filters");
      // An inject node sends the time.
      if (made === undefined && (isBlank(payload) || typeof payload === "number")) return {};
      const given = withoutMap(made ?? payload);
      if (isRecord(given) && !(given instanceof Date)) return given;
      const about = { vendor: "webitel", operation: "SearchAgent" } as const;
      if (made === undefined) throw refused("webitel.errors.filters", { ...about, field: "payload" });
      throw refused("webitel.errors.field.texts", { ...about, field: "filters" });
    };

    onCallInput(RED, this, config.connection, async (message, send) => {
      message.payload = await withClient<unknown>(RED, config.connection, async (client) =>
        config.operation === "get"
          ? client.readAgent(await agentId(message))
          : client.searchAgents(agentQuery(await filters(message))),
      );
      send(message);
    });
  }
  return Agents;
};
