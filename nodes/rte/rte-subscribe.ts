/**
 * Events of Enreach RTE.
 *
 * Message in (control): `action` = subscribe | unsubscribe | unsubscribe-all | list | available | activate | deactivate,
 * `payload` = list of {EntityId, EventName} where it applies.
 * Message out (1), an event: `topic` = its name, `payload` = its data, `rte` = {entityId, eventName}, `call`, `event`.
 * Message out (2), a notice: `topic` = connected | disconnected | subscribed | refused | unsubscribed | gap | available |
 * list | error, `payload` as it says.
 * Vendor document: RTE, "Interface" and "Event catalogue".
 */
import type { Node, NodeAPI, NodeDef, NodeMessage } from "node-red";
import { refused } from "../../lib/core/errors.js";
import { catalogueName } from "../../lib/rte/tables.js";
import type { RteEvent, Subject } from "../../lib/rte/events.js";
import type { Member, Notice, State } from "../../lib/rte/member.js";
import { distinct, type Result, subjectKey } from "../../lib/rte/subscriptions.js";
import { isActive } from "../shared/active.js";
import { localize, type Message, onInput, type Send } from "../shared/input.js";
import { envText } from "../shared/values.js";
import { Badge } from "./badge.js";
import type { RteConnection } from "./connection.js";
import { ACTIONS, type Answer, type Controlled, subjectOf } from "./control.js";
import { onceDeployed } from "../shared/deploys.js";

interface Config extends NodeDef {
  connection: string;
  subscriptions?: Partial<Subject>[];
  active?: string | boolean;
  activeType?: string;
}

function inactive({ entityId, eventName }: Subject): Result {
  return { entityId, eventName, subscribed: false, message: "inactive" };
}

export = (RED: NodeAPI): void => {
  function RteSubscribe(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const connection = RED.nodes.getNode(config.connection) as RteConnection | null;
    const badge = new Badge(RED, this);
    // A connection that is disabled or could not be made has no `join`.
    if (connection?.isConfigured !== true) {
      badge.unconfigured();
      onInput(RED, this, () => {
        throw refused("rte.errors.no-connection", { vendor: "enreach", operation: "connect", field: "connection" });
      });
      return;
    }
    const wishes = new Map(configured(RED, this, config).map((subject) => [subjectKey(subject), subject]));
    let active = true;
    let member: Member | undefined;

    const receiver = {
      onEvent: (event: RteEvent): void => this.send(event as RteEvent & NodeMessage),
      onNotice: (notice: Notice): void => {
        badge.hear(notice);
        this.send([null, RED.util.cloneMessage(notice)]);
      },
      onState: (state: State): void => badge.show(state),
    };
    const start = (): void => {
      if (member !== undefined) return;
      member = connection.join(this, receiver);
      badge.active(active);
      // Also with an empty list: it takes the place of what this node had before a deploy.
      void member.want(active ? [...wishes.values()] : []);
    };
    const joined = (): Member => {
      start();
      return member as Member;
    };
    const node: Controlled = {
      async subscribe(subjects) {
        for (const subject of subjects) wishes.set(subjectKey(subject), subject);
        return active ? joined().subscribe(subjects) : distinct(subjects).map(inactive);
      },
      unsubscribe(subjects = [...wishes.values()]) {
        for (const subject of subjects) wishes.delete(subjectKey(subject));
        return joined().unsubscribe(subjects);
      },
      list: () => (active ? joined().list() : Promise.resolve([...wishes.values()].map(inactive))),
      available: () => joined().available(),
      activate() {
        active = true;
        badge.active(true);
        return joined().subscribe([...wishes.values()]);
      },
      deactivate() {
        active = false;
        badge.active(false);
        return joined().unsubscribe();
      },
    };

    // Nothing is asked for before the whole flow stands: an early event would find no node to go to.
    const settled = isActive(RED, this, config, "enreach").then(
      (value) => void (active = value),
      (error: unknown) => {
        active = false;
        badge.wrong();
        this.error(localize(RED, error).message);
      },
    );
    let isClosed = false;
    const begin = (): void => void settled.then(() => !isClosed && start());
    const forget = onceDeployed(RED, begin);

    onInput(RED, this, async (message, send) => {
      await settled;
      const action = ACTIONS[String(message["action"])];
      if (action === undefined)
        throw refused(
          "rte.errors.action",
          { vendor: "enreach", operation: "control", field: "action" },
          { value: String(message["action"]) },
        );
      answer(RED, message, send, await action(node, message.payload));
    });
    this.on("close", (removed: boolean, done: () => void) => {
      isClosed = true;
      forget();
      if (member === undefined) done();
      else void connection.leave(this, member, removed).finally(done);
    });
  }
  RED.nodes.registerType("rte-subscribe", RteSubscribe);
};

/** The list of the settings; an item that is blank once its environment variables are in place is left out with a warning. */
function configured(RED: NodeAPI, node: Node, { subscriptions }: Config): Subject[] {
  const subjects: Subject[] = [];
  for (const { entityId = "", eventName = "" } of Array.isArray(subscriptions) ? subscriptions : []) {
    const subject = subjectOf(envText(RED, node, entityId).trim(), envText(RED, node, eventName).trim());
    if (subject.entityId === "" || subject.eventName === "") {
      node.warn(RED._("rte.warnings.blank", { entityId, eventName }));
      continue;
    }
    if (catalogueName(subject.eventName) === undefined)
      node.warn(RED._("rte.warnings.unknown", { what: subject.eventName }));
    subjects.push(subject);
  }
  return distinct(subjects);
}

/** Sends the answers on the message that asked; a second one on a copy. */
function answer(RED: NodeAPI, message: Message, send: Send, answers: readonly Answer[]): void {
  const messages = answers.map((each, index) =>
    Object.assign(index === 0 ? message : RED.util.cloneMessage(message), each),
  );
  for (const each of messages) send([null, each]);
}
