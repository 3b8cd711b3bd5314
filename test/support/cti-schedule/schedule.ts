/** A schedule made of a seed: agents, a kind of broker, what goes wrong at it, and what is done at the site meanwhile. */
import type { VirtualClock } from "../virtual-clock.js";
import { FAULTS, type HeldSubscription, type Kind, KINDS, ScheduledBroker } from "./broker.js";
import { Random } from "./random.js";
import { Site } from "./site.js";

/** What a run has shown. */
export interface ScheduleReport {
  seed: number;
  kind: Kind;
  agents: number;
  requests: number;
  /** Requests of the minute that came nearest to its limit, and how many it allowed. */
  worstMinute: number;
  allowed: number;
  mostAtOnce: number;
  parallel: number;
  /** Agents without the subscription that they should have at the end, or with a wrong one. */
  missing: number;
  /** Subscriptions that the broker holds and nobody knows, and how many may be there because their answer got lost. */
  orphans: number;
  lostAnswers: number;
  /** Subscriptions that are known, and that no agent should have. */
  surplus: number;
  events: number;
  /** Events that came out twice. */
  doubled: number;
  /** Events that did not come out, and that no gap has told. */
  untold: number;
}

const PHASES = 6;
const PHASE_MS = 30_000;
/** Actions of each phase, at most. */
const MOST_ACTIONS = 3;
/** Time without faults at the end, in which everything must come right. */
const CALM_MS = 180_000;
/**
 * What nobody wants any more ends as fast as the limit allows: it may take longer than that, milliseconds, and where no agent is
 * wanted only 60 end a minute.
 */
const MOST_ENDING_MS = 900_000;
const ENDING_EACH_MS = 1000;
/** An agent that is without a subscription at the end has one by then, milliseconds: within two renewals. */
const CHECK_MS = 240_000;
/** How often something happens to each of these agents, milliseconds. */
const EVENT_MS = 5000;
const MOST_WATCHED = 50;

/** What of a run breaks the law; empty when nothing does. */
export function violations(report: ScheduleReport): string[] {
  const { worstMinute, allowed, mostAtOnce, parallel, missing, orphans, lostAnswers, surplus, doubled, untold } =
    report;
  return [
    worstMinute > allowed && `${worstMinute} requests in a minute, ${allowed} allowed`,
    mostAtOnce > parallel && `${mostAtOnce} at once, ${parallel} allowed`,
    missing > 0 && `${missing} agents without a subscription`,
    orphans > lostAnswers && `${orphans} subscriptions that nobody knows, ${lostAnswers} answers lost`,
    surplus > 0 && `${surplus} subscriptions that no agent should have`,
    untold > 0 && `${untold} events are missing outside of any gap`,
    doubled > 0 && `${doubled} of the events came out twice`,
  ].filter((one) => one !== false);
}

/** Runs one schedule. */
export async function runSchedule(seed: number, clock: VirtualClock, most = 2000): Promise<ScheduleReport> {
  const random = new Random(seed);
  const kind = KINDS[seed % KINDS.length] as Kind;
  // What a lost answer has made there keeps its agent from another one until it posts.
  const mostAgents = kind === "single" ? Math.min(most, MOST_WATCHED) : most;
  const agents = Math.max(1, Math.round(mostAgents ** random.next()));
  const parallel = kind === "limited" && random.next() < 0.3 ? 16 : 4;
  const addresses = Array.from({ length: agents }, (_, at) => `sip:agent${at}@contoso.example`);
  const broker = new ScheduledBroker(kind, addresses[0] as string, random);
  const site = new Site(broker, clock, random, addresses, parallel);
  let events = 0;
  const timer = setInterval(() => {
    for (const imAddress of addresses.slice(0, MOST_WATCHED)) {
      const event = { imAddress, callId: `call-${++events}` };
      site.noteEvent(event, broker.happens(event));
    }
  }, EVENT_MS);
  for (let phase = 0; phase < PHASES; phase++) {
    broker.fault = random.pick(FAULTS);
    for (let action = random.below(MOST_ACTIONS + 1); action > 0; action--) {
      await clock.pass((PHASE_MS / MOST_ACTIONS) * random.next());
      await site[random.pick(Site.ACTIONS)]();
    }
    await clock.pass((PHASE_MS / 2) * random.next());
  }
  broker.fault = "quiet";
  await clock.pass(CALM_MS);
  clearInterval(timer);
  // What was posted last comes in.
  await clock.pass(2000);
  let { surplus, ...end } = stateOf(broker, site);
  const mostMs = MOST_ENDING_MS + surplus.length * ENDING_EACH_MS;
  for (let ms = 0; ms < mostMs && surplus.length > 0; ms += 500) {
    await clock.pass(500);
    const state = stateOf(broker, site);
    end = { missing: state.missing, orphans: state.orphans };
    // What renewals have replaced meanwhile is about to be ended; a slow broker always has some of those.
    surplus = surplus.filter((id) => state.surplus.includes(id));
  }
  // The first renewal at a broker that replaces says that one was forgotten: all are checked then.
  for (let ms = 0; ms < CHECK_MS && end.missing > 0; ms += 500) {
    await clock.pass(500);
    const { missing, orphans } = stateOf(broker, site);
    end = { missing, orphans };
  }
  const report = {
    ...{ seed, kind, agents, parallel, requests: broker.times.length, mostAtOnce: site.mostAtOnce, events },
    ...worstMinute(broker.times, site),
    ...end,
    surplus: surplus.length,
    lostAnswers: broker.lostAnswers,
    doubled: site.doubled.length,
    untold: broker.hasForgottenUnseen ? 0 : site.untold.length,
  };
  await site.close();
  return report;
}

function stateOf(
  broker: ScheduledBroker,
  site: Site,
): Pick<ScheduleReport, "missing" | "orphans"> & { surplus: string[] } {
  const { held, kind, refused } = broker;
  const { ids, callback } = site;
  const isRight = (agent: string): boolean => {
    const own = held.get(ids.get(agent) ?? "");
    return own?.imAddress === agent && own.callback === callback;
  };
  const used = new Set(ids.values());
  const others = [...held.keys()].filter((id) => !used.has(id));
  // Its answer was lost, and it posts to an address of before: nobody can end it, and a broker that keeps one takes no other.
  const isTaken = (agent: string): boolean =>
    kind === "single" &&
    others.some((id) => {
      const { imAddress, callback: posted } = held.get(id) as HeldSubscription;
      return imAddress === agent && posted !== callback && !site.knows(id);
    });
  const isExcused = (agent: string): boolean => (kind === "refusing" && agent === refused) || isTaken(agent);
  return {
    missing: [...site.wanted].filter((agent) => !isRight(agent) && !isExcused(agent)).length,
    orphans: others.filter((id) => !site.knows(id)).length,
    surplus: others.filter((id) => site.knows(id)),
  };
}

/** Requests that this minute may have had, Unix milliseconds. */
function allowed({ wantedAt }: Site, from: number, to: number): number {
  let before = 0;
  let most = 0;
  for (const { at, agents } of wantedAt) {
    if (at > to) break;
    if (at <= from) before = agents;
    else most = Math.max(most, agents);
  }
  return 3 * Math.max(before, most) + 60;
}

function worstMinute(times: readonly number[], site: Site): Pick<ScheduleReport, "worstMinute" | "allowed"> {
  let worst = { worstMinute: 0, allowed: 60 };
  let from = 0;
  for (const [at, time] of times.entries()) {
    while (time - (times[from] as number) >= 60_000) from++;
    const [count, most] = [at - from + 1, allowed(site, time - 60_000, time)];
    if (count / most > worst.worstMinute / worst.allowed) worst = { worstMinute: count, allowed: most };
  }
  return worst;
}
