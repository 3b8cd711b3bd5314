/** What many runs say together of each node. */
import type { Outcome } from "./model.js";

/** A node in all runs. */
export interface NodeHeat {
  /** Messages that came to it. */
  count: number;
  /**
   * The median of the milliseconds from a message's arrival to the next one that came from it; of the instance of a subflow, to
   * the first one behind the subflow. Absent where none came.
   */
  medianMs?: number;
  /** The share of the runs through it that got the fallback, 0 to 1. */
  fallback: number;
}

/** What is asked of a step. */
interface HeatStep {
  node: string;
  flow: string | undefined;
  ms: number | undefined;
  from: HeatStep | undefined;
}

/** What is gathered of a node. */
interface Gathered {
  count: number;
  times: number[];
  runs: number;
  fallbacks: number;
}

/**
 * The heat of each node by its id; a node in a subflow has the id that it has there, for all instances together.
 * @param runs the ones that are looked at
 */
export function heatOf(runs: Iterable<{ outcome: Outcome; steps: readonly HeatStep[] }>): Record<string, NodeHeat> {
  const nodes = new Map<string, Gathered>();
  for (const { outcome, steps } of runs) {
    const isFallback = outcome === "fallback" || outcome === "late";
    const times = timesOf(steps);
    const passed = new Set<Gathered>();
    for (const step of steps) {
      if (step.ms === undefined) continue;
      const id = idOf(step);
      const node = nodes.get(id) ?? { count: 0, times: [], runs: 0, fallbacks: 0 };
      nodes.set(id, node);
      passed.add(node);
      node.count++;
      const ms = times.get(step);
      if (ms !== undefined) node.times.push(ms);
    }
    for (const node of passed) {
      node.runs++;
      if (isFallback) node.fallbacks++;
    }
  }
  return Object.fromEntries([...nodes].map(([id, node]) => [id, viewOf(node)]));
}

function viewOf({ count, times, runs, fallbacks }: Gathered): NodeHeat {
  const sorted = times.toSorted((one, other) => one - other);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  const fallback = fallbacks / runs;
  return median === undefined ? { count, fallback } : { count, medianMs: Math.round(median * 100) / 100, fallback };
}

/** Within a subflow its instance, which is the flow, stands before the node's id. */
function idOf({ node, flow }: HeatStep): string {
  return node.startsWith(`${flow}-`) ? node.slice(`${flow}-`.length) : node;
}

/** How long it took until something came from each step, ms. */
function timesOf(steps: readonly HeatStep[]): Map<HeatStep, number> {
  const times = new Map<HeatStep, number>();
  const came = (step: HeatStep, at: number): void => {
    const ms = at - (step.ms ?? at);
    if (ms < (times.get(step) ?? Infinity)) times.set(step, ms);
  };
  for (const { ms, from, flow } of steps) {
    if (ms === undefined || !from) continue;
    if (!isWithin(flow, from.node)) came(from, ms);
    if (from.flow === flow) continue;
    // It may be behind a subflow, and then comes from the instance as well.
    for (let step = from.from; step; step = step.from)
      if (isWithin(from.flow, step.node) && !isWithin(flow, step.node)) came(step, ms);
  }
  return times;
}

function isWithin(flow: string | undefined, instance: string): boolean {
  return flow === instance || (flow?.startsWith(`${instance}-`) ?? false);
}
