/** The buttons of the console: what Webitel does by itself. */
import { randomUUID } from "node:crypto";
import { FAULTS, type Fault, type Faults } from "./faults.js";
import type { HookAnswer, Hooks } from "./state.js";
import type { Attempt, Store } from "./store.js";
import { memberState } from "./view.js";

async function call(url: string, init?: RequestInit): Promise<HookAnswer> {
  const start = Date.now();
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) });
  const text = await answer.text();
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON: shown as text.
  }
  return { status: answer.status, ms: Date.now() - start, body };
}

function needed(input: Record<string, unknown>, name: string, fallback?: string): string {
  const value = input[name] ?? fallback;
  if (value === undefined || value === "") throw new Error(`${name} is missing`);
  return textOf(value);
}

/** What a form's field holds. */
function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** Builds the actions over a store. */
export function actionsOf(
  store: Store,
  faults: Faults,
  hooks: Hooks,
  changed: () => void,
): Record<string, (input: Record<string, unknown>) => unknown> {
  const post = (url: string, attempt: Attempt, event: string, direction: string): Promise<HookAnswer> => {
    const { queue, member, id, uuid, agent, cid } = attempt;
    const body = JSON.stringify({ event, direction, queue, member, attempt: id, uuid, agent, cid });
    return call(url, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  };
  return {
    /** A caller rings: the look-up is asked. Input: `cid` (may be blank), `url`. */
    lookup: (input) => {
      const url = new URL(needed(input, "url", hooks.lookupUrl));
      if (input["cid"]) url.searchParams.set("cid", textOf(input["cid"]));
      return call(url.href);
    },
    /** The dialer takes the next member of a queue and offers it to an agent. Input: `queue`, `agent` (extension), `url`. */
    offer: async (input) => {
      const url = needed(input, "url", hooks.eventUrl);
      const queue = store.queue(needed(input, "queue"));
      const member = queue?.members.find(({ attempts }) => attempts === 0);
      if (!queue || !member) throw new Error("no member is left to call in this queue");
      member.attempts++;
      const agent = needed(input, "agent", store.agents[0]?.extension);
      const attempt: Attempt = {
        id: store.newId(),
        queue: queue.id,
        member: member.id,
        agent,
        uuid: randomUUID(),
        cid: member.communications[0]?.destination ?? "",
        state: "offering",
      };
      store.attempts.unshift(attempt);
      changed();
      return { attempt: attempt.id, answer: await post(url, attempt, "offering", "outbound") };
    },
    /** The agent answers. Input: `attempt`, `url`. */
    bridge: async (input) => {
      const attempt = store.attempts.find(({ id }) => id === needed(input, "attempt", store.attempts[0]?.id));
      if (!attempt) throw new Error("no such attempt");
      attempt.state = "bridged";
      changed();
      return {
        attempt: attempt.id,
        answer: await post(needed(input, "url", hooks.eventUrl), attempt, "bridged", "outbound"),
      };
    },
    /** Somebody else loads a member. Input: `queue`, `name`, `destination`. */
    load: (input) => {
      const queue = store.queue(needed(input, "queue"));
      if (!queue) throw new Error("no such queue");
      const [id] = store.insert(queue, [
        {
          name: needed(input, "name"),
          communications: [{ destination: needed(input, "destination"), type: { id: "1" } }],
        },
      ]);
      changed();
      return { id };
    },
    /** Members of a queue whose name or number contains a text. Input: `queue`, `text`. */
    search: (input) => {
      const text = textOf(input["text"]).toLowerCase();
      const members = store.queue(needed(input, "queue"))?.members ?? [];
      const fits = members.filter(
        ({ name = "", communications }) =>
          name.toLowerCase().includes(text) || communications.some(({ destination }) => destination.includes(text)),
      );
      return { found: fits.length, members: fits.slice(0, 20).map(memberState) };
    },
    /** Takes everybody out of a queue. Input: `queue`. */
    empty: (input) => {
      const queue = store.queue(needed(input, "queue"));
      if (queue) Object.assign(queue, { members: [], loaded: 0 });
      changed();
      return {};
    },
    /** The next request fails. Input: `fault`, `retryAfter` and `lateSeconds` (seconds, optional). */
    fault: (input) => {
      const fault = needed(input, "fault");
      if (!(fault in FAULTS)) throw new Error(`no fault ${fault}`);
      const lateSeconds = Number(textOf(input["lateSeconds"]));
      faults.push(
        fault as Fault,
        textOf(input["retryAfter"]) || undefined,
        lateSeconds > 0 ? lateSeconds * 1000 : undefined,
      );
      return { fault };
    },
  };
}
