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
import { countGap } from "../../lib/core/telemetry/events.js";
import { count } from "../../lib/core/telemetry/metrics.js";
import { isGuid } from "../../lib/core/values.js";
import { type Subject, distinct, subjectKey } from "../../lib/rte/subject.js";
import type { RteEvent } from "../../lib/rte/events.js";
import type { Notice, State, Result } from "../../lib/rte/subscriber.js";
import { catalogueName } from "../../lib/rte/tables.js";
import { isActive } from "../shared/active.js";
import { onceDeployed } from "../shared/deploys.js";
import { type Beginner, receivesAgain, recordingOf } from "../shared/recording.js";
import { localize, type Message, onInput, type Send } from "../shared/input.js";
import { warnOncePerMinute } from "../shared/log.js";
import { readText } from "../shared/variables.js";
import { Transit } from "../shared/transit.js";
import { Badge } from "./badge.js";
import type { RteConnection } from "./connection.js";
import { actionOf, type Answer, type Controlled, subjectOf } from "./control.js";

interface Config extends NodeDef {
  connection: string;
  subscriptions?: unknown;
  active?: string | boolean;
  activeType?: string;
}

/** What is counted of each event. */
const EVENT_FACTS = {
  "contact_center.vendor": "enreach",
  "contact_center.node.type": "rte-subscribe",
  "contact_center.outcome": "received",
} as const;

function inactive({ entityId, eventName }: Subject): Result {
  return { entityId, eventName, subscribed: false, message: "inactive" };
}

export = (RED: NodeAPI) => {
  function RteSubscribe(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const connection = RED.nodes.getNode(config.connection) as RteConnection | null;
    // A connection that is disabled or could not be made has no `join`.
    if (connection?.isConfigured !== true) {
      new Badge(RED, this).unconfigured();
      onInput(RED, this, () => {
        throw refused("rte.errors.no-connection", { vendor: "enreach", operation: "connect", field: "connection" });
      });
      return;
    }
    const { client } = connection;
    const badge = new Badge(RED, this, () => {
      const all = client.subscriptionsOf(subscriber);
      const odd = all.filter(({ entityId }) => !isGuid(entityId)).length;
      return { ...client.counts(subscriber), total: all.length, left, odd };
    });
    const recording = recordingOf(RED);
    const transit = new Transit<RteEvent | Notice>(RED);
    /** @param received the event as it is kept for a replay */
    const pass = (event: RteEvent, received: object, recorder: Beginner): void => {
      const run = recorder?.begin({
        vendor: "enreach",
        node: this,
        event: event.event.name,
        call: event.call,
        received: event.payload,
        again: () => ({ messages: [received] }),
      });
      run?.mark(event);
      run?.end("received");
      this.send(event as RteEvent & NodeMessage);
    };
    const subscriber = {
      onEvent: (event: RteEvent): void => {
        transit.note(event);
        count("contact_center.events", EVENT_FACTS);
        pass(event, event, recording.recorder);
      },
      onNotice: (notice: Notice): void => {
        badge.update();
        if (notice.topic === "gap") countGap("enreach", this.type, notice.payload.durationMs);
        const message = RED.util.cloneMessage(notice);
        transit.note(message);
        this.send([null, message]);
      },
      onState: (state: State): void => badge.show(state),
      takeBack: () => transit.takeBack(),
    };
    receivesAgain(RED, this, ({ messages: [message = {}] }, recorder) =>
      pass({ ...(message as RteEvent), ...{ replay: true } }, message, recorder),
    );
    const { subjects: settings, left } = configured(RED, this, config);
    const wanted = new Map<string, Subject>();
    const want = (subjects: readonly Subject[]): void => {
      for (const subject of subjects) {
        wanted.set(subjectKey(subject), subject);
        if (!isGuid(subject.entityId))
          warnOncePerMinute(this, `guid ${subjectKey(subject)}`, RED._("rte.warnings.guid", { ...subject }));
      }
    };
    want(settings);
    let active = true;
    let hasJoined = false;
    const join = (): void => {
      if (hasJoined) return;
      hasJoined = true;
      badge.active(active);
      // Also with an empty list: it takes the place of what this node had before a deploy.
      connection.join(this, subscriber, active ? [...wanted.values()] : []);
      badge.update();
    };
    const node: Controlled = {
      async subscribe(subjects) {
        want(subjects);
        return active
          ? client.subscribe(subscriber, subjects)
          : { subscribed: distinct(subjects).map(inactive), refused: [] };
      },
      unsubscribe(subjects = [...wanted.values()]) {
        for (const subject of subjects) wanted.delete(subjectKey(subject));
        return client.unsubscribe(subscriber, subjects);
      },
      list: () => (active ? client.list(subscriber) : Promise.resolve([...wanted.values()].map(inactive))),
      available: () => client.available(),
      activate() {
        active = true;
        badge.active(true);
        // What a message took back of the settings comes back with them.
        want(settings);
        return client.subscribe(subscriber, [...wanted.values()]);
      },
      deactivate() {
        active = false;
        badge.active(false);
        return client.unsubscribe(subscriber);
      },
    };

    connection.expect(this);
    const settled = isActive(RED, this, config, "enreach")
      .then(
        (value) => void (active = value),
        (error: unknown) => {
          active = false;
          badge.wrong();
          this.error(localize(RED, error).message);
        },
      )
      .then(() => connection.ready);
    let isClosed = false;
    // Nothing is asked for before the whole flow stands: an early event would find no node to go to.
    const forget = onceDeployed(RED, () => void settled.then(() => !isClosed && join()));

    onInput(RED, this, async (message, send) => {
      await settled;
      const action = actionOf(message["action"]);
      join();
      const answers = action(node, message.payload);
      badge.update();
      answer(RED, message, send, await answers);
      badge.update();
    });
    this.on("close", (removed: boolean, done: () => void) => {
      isClosed = true;
      forget();
      void connection.leave(this, removed).finally(done);
    });
  }
  return RteSubscribe;
};

/** A list item as it stands in a flow file, which anybody may have written. */
function readItem(item: unknown): Subject {
  const { entityId, eventName } = (item ?? {}) as Partial<Record<keyof Subject, unknown>>;
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return { entityId: text(entityId), eventName: text(eventName) };
}

/** The list of the settings; `left` items that are blank, or name a variable that is not set, are left out with a warning. */
function configured(RED: NodeAPI, node: Node, { subscriptions }: Config): { subjects: Subject[]; left: number } {
  const subjects: Subject[] = [];
  const items = Array.isArray(subscriptions) ? (subscriptions as unknown[]) : [];
  for (const item of items) {
    const { entityId, eventName } = readItem(item);
    const [entity, event] = [readText(RED, node, entityId), readText(RED, node, eventName)];
    if (entity.isUnfinished || event.isUnfinished) {
      node.warn(RED._("rte.warnings.unfinished", { entityId, eventName }));
      continue;
    }
    const unset = [...entity.unset, ...event.unset];
    if (unset.length > 0) {
      node.warn(RED._("rte.warnings.unset", { entityId, eventName, names: unset.join(", ") }));
      continue;
    }
    const subject = subjectOf(entity.text.trim(), event.text.trim());
    if (subject.entityId === "" || subject.eventName === "") {
      node.warn(RED._("rte.warnings.blank", { entityId, eventName }));
      continue;
    }
    if (catalogueName(subject.eventName) === undefined)
      node.warn(RED._("rte.warnings.passed", { what: subject.eventName }));
    subjects.push(subject);
  }
  return { subjects: distinct(subjects), left: items.length - subjects.length };
}

/** Sends the answers on the message that asked; a second one on a copy. */
function answer(RED: NodeAPI, message: Message, send: Send, answers: readonly Answer[]): void {
  const messages = answers.map((each, index) =>
    Object.assign(index === 0 ? message : RED.util.cloneMessage(message), each),
  );
  for (const each of messages) send([null, each]);
}
