/** What the simulator knows: agents, queues with their members, buckets, communication types, calls and attempts. */
import type { Agent, Communication, Lookup, Member } from "../../lib/webitel/types.js";

/** A queue. Types 1 and 6 take no members. */
export interface Queue {
  id: string;
  name: string;
  type: number;
  members: StoredMember[];
  /** All that were ever loaded, also when {@link Store.forgetful}. */
  loaded: number;
}

/** A member in a queue (MemberInQueue). Times are Unix milliseconds as text. */
export interface StoredMember extends Member {
  id: string;
  queue: Lookup;
  created_at: string;
  attempts: number;
}

/** A call that an agent started. */
export interface StoredCall {
  id: string;
  destination: string;
  from: { id?: string; extension?: string };
  variables: Record<string, string>;
  at: string;
}

/** A dialer's try to reach a member. */
export interface Attempt {
  id: string;
  queue: string;
  member: string;
  agent: string;
  uuid: string;
  cid: string;
  state: string;
  result?: Record<string, unknown>;
}

/** Queue types that refuse members. */
export const TAKES_NO_MEMBERS = new Set([1, 6]);

const team = { id: "3", name: "Sales" };
const agent = (id: string, name: string, extension: string, status: string): Agent => ({
  id,
  name,
  status,
  extension,
  team,
  user: { id: `2${id}`, name },
  status_duration: "312",
  channel: [],
});

/** Everything, in memory. */
export class Store {
  readonly agents: Agent[] = [
    agent("17", "Anna Berg", "1017", "online"),
    agent("18", "Bohdan Koval", "1018", "pause"),
    agent("19", "Chloé Dubois", "1019", "offline"),
  ];
  readonly queues: Queue[] = [
    { id: "10", name: "Soft collection", type: 4, members: [], loaded: 0 },
    { id: "11", name: "Precollection", type: 5, members: [], loaded: 0 },
    { id: "12", name: "Inbound line", type: 1, members: [], loaded: 0 },
  ];
  readonly buckets: Lookup[] = ["1", "2", "3", "4"].map((id, at) => ({
    id,
    name: `Bucket of ${this.agents[at]?.name ?? "nobody"}`,
  }));
  readonly communicationTypes: (Lookup & { code: string })[] = [
    { id: "1", name: "Mobile", code: "mobile" },
    { id: "2", name: "Home", code: "home" },
  ];
  readonly skills: Lookup[] = [
    { id: "1", name: "English" },
    { id: "2", name: "Ukrainian" },
  ];
  readonly resources: Lookup[] = [{ id: "1", name: "Main trunk" }];
  readonly timezones: Lookup[] = [
    { id: "1", name: "Europe/Kyiv" },
    { id: "2", name: "Europe/Helsinki" },
  ];
  readonly calls: StoredCall[] = [];
  readonly attempts: Attempt[] = [];
  /** Counts members without keeping them, for benches. */
  forgetful = false;
  /** Beyond 2^53, so that a client that turns ids into numbers fails. */
  private nextId = 9_007_199_254_740_993n;

  queue(id: string): Queue | undefined {
    return this.queues.find((queue) => queue.id === id);
  }

  /** True while the dialer has an attempt for the member that was not reported yet. */
  isReserved({ id }: StoredMember): boolean {
    return this.attempts.some(({ member, state }) => member === id && state !== "reported");
  }

  newId(): string {
    return String(this.nextId++);
  }

  /** Inserts all members in one go, as the platform's transaction does. */
  insert(queue: Queue, items: readonly Member[]): string[] {
    const created_at = String(Date.now());
    queue.loaded += items.length;
    return items.map((item) => {
      const id = this.newId();
      if (!this.forgetful)
        queue.members.push({
          ...item,
          communications: item.communications.map(trimmed),
          id,
          queue: { id: queue.id, name: queue.name },
          created_at,
          attempts: 0,
        });
      return id;
    });
  }
}

function trimmed(number: Communication): Communication {
  return { ...number, destination: number.destination.trim() };
}
