/**
 * A connection to Enreach RTE, shared by all `rte-subscribe` nodes that name it: opened by the first, closed by the last.
 *
 * It always comes back: each connection gets a fresh token, each failure a later try. The thinking is in `lib/rte/client`.
 * Vendor document: RTE, "Client authentication" and "Establishing a connection".
 */
import type { Node, NodeAPI, NodeDef } from "node-red";
import { RteClient } from "../../lib/rte/client.js";
import type { Member, State } from "../../lib/rte/member.js";
import type { Reason } from "../../lib/rte/retry.js";
import { localize } from "../shared/input.js";
import { ConnectionUsers } from "../shared/users.js";
import {
  accessOf,
  type ConnectionConfig,
  type ConnectionCredentials,
  missingSetting,
  type RteConnection,
} from "./connection.js";
import { onceDeployed } from "../shared/deploys.js";
import { connectionTest } from "./connection-test.js";
import { serveConnectionTest } from "../shared/connection-test.js";

type Config = NodeDef & ConnectionConfig;

export = (RED: NodeAPI): void => {
  function RteConnectionNode(this: RteConnection, config: Config): void {
    RED.nodes.createNode(this, config);
    const credentials = this.credentials ?? {};
    const missing = missingSetting(RED, this, config, credentials);
    if (missing !== undefined) this.warn(RED._("rte.errors.unconfigured", { field: missing }));
    const client = new RteClient({
      access: accessOf(RED, this, config, credentials),
      onUnknown: (what) => this.warn(RED._("rte.warnings.unknown", { what })),
      onState: logged(RED, this),
    });
    const users = new ConnectionUsers(
      () => missing === undefined && client.open(),
      () => client.close(),
    );
    /** Users that are being deployed anew. */
    let away: Node[] = [];
    let forget = (): void => undefined;
    const letGo = (): void => {
      client.dropHeld();
      for (const user of away) void users.remove(user);
      away = [];
    };
    const api: Pick<RteConnection, "isConfigured" | "join" | "leave"> = {
      isConfigured: missing === undefined,
      join(user, receiver): Member {
        users.add(user);
        return client.join(user.id, receiver);
      },
      async leave(user, member, removed) {
        if (removed) {
          member.leave();
          await users.remove(user);
        } else {
          member.hold();
          away.push(user);
          forget();
          // Once those have joined who join at the same time.
          forget = onceDeployed(RED, () => setImmediate(letGo));
        }
      },
    };
    Object.assign(this, api);
    this.on("close", (done: () => void) => {
      forget();
      void client.close().finally(done);
    });
  }
  RED.nodes.registerType<RteConnection, Config, object, ConnectionCredentials>("rte-connection", RteConnectionNode, {
    credentials: { token: { type: "password" }, secretKey: { type: "password" }, password: { type: "password" } },
  });
  serveConnectionTest(RED, connectionTest(RED));
};

/** Writes the log: one line when an outage begins, one when its reason changes, one when it is over. */
function logged(RED: NodeAPI, node: Node): (state: State) => void {
  let said: Reason | undefined;
  return (state) => {
    if (state.word === "disconnected" && state.reason !== said) {
      said = state.reason;
      node.warn(
        RED._("rte.warnings.disconnected", {
          why: localize(RED, state.error).message,
          seconds: (state.retryInMs / 1000).toFixed(1),
        }),
      );
    } else if (state.word === "connected") {
      if (said !== undefined) node.log(RED._("rte.warnings.back"));
      said = undefined;
    }
  };
}
