/** What is asked of the hub, and how its answers are read (vendor document "RTE", "Interface"). */
import { ContactCenterError } from "./errors.js";
import { networkError } from "../http/rest.js";
import { catalogueName } from "./tables.js";
import type { Subject } from "./events.js";
import type { Hub, HubMethod } from "./hub.js";
import { subjectKey, type Subscriptions, type Wanting } from "./subscriptions.js";

/** No limit is published; this many items go in one call. */
const BATCH = 100;

interface Answer {
  subscribed: boolean;
  message: string | null;
}

/** One item of an answer; property names in any case. */
function readAnswer(item: unknown): (Answer & { key: string }) | undefined {
  if (item === null || typeof item !== "object") return undefined;
  const { entityid, eventname, subscribed, message } = Object.fromEntries(
    Object.entries(item).map(([name, value]) => [name.toLowerCase(), value as unknown]),
  );
  if (typeof entityid !== "string" || typeof eventname !== "string") return undefined;
  const key = subjectKey({ entityId: entityid, eventName: eventname });
  return { key, subscribed: subscribed === true, message: typeof message === "string" ? message : null };
}

/** Calls with a list, batch by batch. @returns what the hub said of each subject that it mentioned */
async function ask(hub: Hub, method: HubMethod, subjects: readonly Subject[]): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  for (let at = 0; at < subjects.length; at += BATCH) {
    const items = subjects
      .slice(at, at + BATCH)
      .map(({ entityId, eventName }) => ({ EntityId: entityId, EventName: eventName }));
    const result = await hub.invoke(method, items);
    for (const item of Array.isArray(result) ? result : []) {
      const answer = readAnswer(item);
      if (answer !== undefined) answers.set(answer.key, answer);
    }
  }
  return answers;
}

/**
 * Subscribes what is missing and takes back what nobody wants any more.
 * @param isCurrent false once the hub has been replaced: its answers no longer count
 * @returns what went wrong with a whole call; undefined when the hub answered, or the connection ended
 */
export async function reconcile<M extends Wanting>(
  hub: Hub,
  subscriptions: Subscriptions<M>,
  isCurrent: () => boolean,
): Promise<{ operation: string; message: string } | undefined> {
  const missing = subscriptions.missing();
  try {
    if (missing.length > 0) {
      const answers = await ask(hub, "Subscribe", missing);
      if (!isCurrent()) return undefined;
      for (const subject of missing) {
        const answer = answers.get(subjectKey(subject));
        subscriptions.answered(
          subject,
          answer?.subscribed ?? false,
          answer === undefined ? "not answered" : answer.message,
        );
      }
    }
    await release(hub, subscriptions, isCurrent);
    return undefined;
  } catch (error) {
    if (!(error instanceof ContactCenterError) || error.code !== "EHUB" || !isCurrent()) return undefined;
    const message = (error.cause["detail"] as string | undefined) ?? "";
    for (const subject of subscriptions.missing()) subscriptions.answered(subject, false, message);
    return { operation: error.cause.operation, message };
  }
}

async function release<M extends Wanting>(
  hub: Hub,
  subscriptions: Subscriptions<M>,
  isCurrent: () => boolean,
): Promise<void> {
  const surplus = subscriptions.surplus();
  if (surplus.length === 0) return;
  if (subscriptions.surplusIsAll()) {
    await hub.invokeEither("UnsubscribeAll", surplus);
    if (isCurrent()) for (const subject of surplus) subscriptions.released(subject);
    return;
  }
  const answers = await ask(hub, "Unsubscribe", surplus);
  if (!isCurrent()) return;
  for (const subject of surplus)
    if (answers.get(subjectKey(subject))?.subscribed !== true) subscriptions.released(subject);
}

/**
 * What the hub itself says that it serves.
 * @returns keys of subjects, or undefined where the hub does not know the method (only the vendor's wrapper documents it)
 */
export async function served(hub: Hub): Promise<Set<string> | undefined> {
  try {
    const items = await hub.invokeEither("GetActiveSubscriptions");
    if (!Array.isArray(items)) return undefined;
    const keys = items.map((item) => readAnswer(item)?.key);
    return keys.includes(undefined) ? undefined : new Set(keys as string[]);
  } catch {
    return undefined;
  }
}

/**
 * Names of the events that the hub offers, in the catalogue's spelling where it knows them.
 * @throws ContactCenterError `ECLOSED` without a connection, `EHUB` when the hub refused
 */
export async function available(hub: Hub | undefined): Promise<string[]> {
  if (hub === undefined)
    throw networkError({ vendor: "enreach", operation: "AvailableSubscriptions" }, "ECLOSED", "", 0);
  const names = await hub.invokeEither("AvailableSubscriptions");
  return (Array.isArray(names) ? names : []).map((name) => catalogueName(String(name)) ?? String(name));
}
