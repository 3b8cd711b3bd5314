/**
 * A connection to an Anywhere365 CTI Broker: address, authentication, and what the vendor leaves open.
 *
 * Subscriptions and heartbeats of all nodes that use it are kept in one session, which outlives a deploy.
 * Vendor document: CTI Broker REST API.
 */
import type { NodeAPI } from "node-red";
import { refused } from "../../lib/core/errors.js";
import { onceDeployed } from "../shared/deploys.js";
import { enteredCredentials, envText } from "../shared/variables.js";
import { type BrokerConfig, clientOf, type CtiBroker } from "./connection.js";
import { type BrokerSession, openSession } from "./session.js";

const PARALLEL = 4;
const MAX_PARALLEL = 100;

function parallelOf(value: number | string | undefined): number {
  const parallel = Number(value === undefined || value === "" ? PARALLEL : value);
  if (Number.isInteger(parallel) && parallel >= 1 && parallel <= MAX_PARALLEL) return parallel;
  throw refused("cti.errors.parallel", { vendor: "anywhere365", operation: "connect", field: "parallel" });
}

export = (RED: NodeAPI) => {
  function CtiBrokerNode(this: CtiBroker, config: BrokerConfig): void {
    RED.nodes.createNode(this, config);
    const text = (field: "url" | "callbackUrl"): string =>
      envText(RED, this, config[field] ?? "", { vendor: "anywhere365", operation: "connect", field }).trim();
    let session: BrokerSession | undefined;
    Object.assign(this, {
      callbackUrl: () => text("callbackUrl"),
      open: () =>
        (session ??= openSession(RED, text("url"), {
          node: this,
          client: clientOf(RED, this, config, enteredCredentials(RED, this)),
          parallel: parallelOf(config.parallel),
          fields: [config.addressField, config.callbackField].join(),
        })),
    } satisfies Partial<CtiBroker>);

    // What an earlier process left at the broker is ended, also where no node asks for anything any more.
    const off = onceDeployed(RED, () => {
      // After the subscribers, too, have handled the end of the deploy.
      setImmediate(() => {
        try {
          this.open().subscriptions.allSubscribersExpected();
        } catch {
          // What is wrong with the settings is said by each node that uses them.
        }
      });
    });
    this.on("close", (done: () => void) => {
      off();
      done();
    });
  }
  return CtiBrokerNode;
};
