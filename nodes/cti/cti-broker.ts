/**
 * A connection to an Anywhere365 CTI Broker: address, authentication, and what the vendor leaves open.
 *
 * It also keeps the heartbeats of all agents, so that a log-out ends them whichever node sends it, and ends the
 * subscriptions that a removed node could not.
 * Vendor document: CTI Broker REST API.
 */
import type { NodeAPI } from "node-red";
import { AgentCommands } from "../../lib/cti/agent-commands.js";
import type { CtiClient } from "../../lib/cti/client.js";
import { PendingUnsubscribes } from "../../lib/cti/removals.js";
import { envText } from "../shared/values.js";
import { type BrokerConfig, type BrokerCredentials, clientOf, type CtiBroker } from "./connection.js";
import { connectionTest } from "./connection-test.js";
import { serveConnectionTest } from "../shared/connection-test.js";
import { onDeployEnd } from "../shared/deploys.js";
import { contextStore } from "./store.js";

export = (RED: NodeAPI): void => {
  function CtiBrokerNode(this: CtiBroker, config: BrokerConfig): void {
    RED.nodes.createNode(this, config);
    const text = (value: string | undefined): string => envText(RED, this, value ?? "").trim();
    const store = contextStore(RED, this);
    let opened: { client: CtiClient; agents: AgentCommands } | undefined;
    const removals: PendingUnsubscribes = new PendingUnsubscribes({
      client: { unsubscribe: (id) => this.open().client.unsubscribe(id) },
      save: () => store.save(removals.ids),
    });

    Object.assign(this, {
      callbackUrl: text(config.callbackUrl),
      open: () => {
        if (!opened) {
          const client = clientOf(RED, this, config, this.credentials ?? {});
          opened = { client, agents: new AgentCommands(client) };
        }
        return opened;
      },
      takeOver: async (ids) => {
        for (const id of ids) removals.add(id);
        await store.save(removals.ids);
        void removals.run();
      },
    } satisfies Partial<CtiBroker>);

    const off = onDeployEnd(RED, () => {
      off();
      void store.load().then((ids) => (ids.length > 0 ? this.takeOver(ids) : undefined));
    });
    this.on("close", (done: () => void) => {
      off();
      opened?.agents.close();
      removals.close();
      done();
    });
  }

  RED.nodes.registerType<CtiBroker, BrokerConfig, object, BrokerCredentials>("cti-broker", CtiBrokerNode, {
    credentials: {
      username: { type: "text" },
      password: { type: "password" },
      token: { type: "password" },
      headerValue: { type: "password" },
    },
  });
  serveConnectionTest(RED, connectionTest(RED));
};
