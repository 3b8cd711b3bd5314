/** The simulators of the two vendors whose events the flow of two copies receives, and numbered events of both. */
import { type CtiSimulator, DEMO_AGENTS, startCtiSimulator } from "../../simulators/cti/simulator.js";
import { QUEUES } from "../../simulators/directory.js";
import { type RteSimulator, startRteSimulator } from "../../simulators/rte/simulator.js";
import type { RedisServer } from "./redis-server.js";
import { Copy, leaseFlows, Numbered } from "./two-copies.js";

const QUEUE = QUEUES[0]?.id ?? "";
/** Every so manieth event is one of the CTI Broker, the others are of Enreach RTE. */
const CTI_EVERY = 5;
/** What a number is added to, so that callers' numbers have as many digits. */
const FIRST_CALLER = 31_200_000_000;

/** Two copies, not started yet, and what they connect to. */
export interface TwoCopies {
  copies: [Copy, Copy];
  events: Numbered;
  rte: RteSimulator;
  cti: CtiSimulator;
  /** Ends all but Redis. */
  stop: () => Promise<void>;
}

/** Starts the simulators and makes both copies. */
export async function twoCopies(redis: RedisServer): Promise<TwoCopies> {
  const [rte, cti] = await Promise.all([startRteSimulator(), startCtiSimulator()]);
  const env = { CC_RTE_URL: rte.url, CC_CTI_URL: cti.url };
  const make = (name: string): Promise<Copy> => Copy.make(name, leaseFlows(), redis, env);
  const copies = await Promise.all([make("one"), make("two")]);
  const send = (number: number): unknown =>
    number % CTI_EVERY === 0
      ? cti.switchboard.ring(DEMO_AGENTS[0], `+${FIRST_CALLER + number}`)
      : rte.emit("QueueCallInComing", QUEUE, { CallId: `${number}`, CallerNumber: "+358401112233" });
  const numberOf = ({ payload }: Record<string, unknown>): number => {
    const { CallId, ani } = payload as { CallId?: string; ani?: string };
    return ani === undefined ? Number(CallId) : Number(ani) - FIRST_CALLER;
  };
  const events = new Numbered(copies, send, numberOf);
  const stop = async (): Promise<void> => {
    events.stop();
    await Promise.all(copies.map((copy) => copy.remove()));
    await Promise.all([rte.close(), cti.close()]);
  };
  return { copies, events, rte, cti, stop };
}
