/** Compares what the recorder shows with what the nodes of random flows wrote down. */
import type { Run, Step } from "../../lib/recorder/model.js";
import type { FlowNode, NodeRed } from "./node-red.js";
import type { Passage } from "./random-flows.js";
import { until } from "./wait.js";

/** What came of a comparison. */
export interface Comparison {
  passages: number;
  /** Sentences about what is wrong. */
  wrong: string[];
  /** Passages whose origin the recorder marks as uncertain, and how many of them are right nevertheless. */
  uncertain: number;
  uncertainRight: number;
  /** Passages without a step, behind a message that nobody can know. */
  unknown: number;
}

/** Rings each flow some times, waits for the messages to come to rest, and compares. */
export async function compareTruth(
  red: NodeRed,
  flows: FlowNode[],
  seeds: readonly number[],
  calls = 2,
): Promise<Comparison> {
  await json(red, "truth/clear", {});
  const before = new Set((await runsOf(red)).map(({ id }) => id));
  await Promise.all(
    seeds.flatMap((seed) =>
      Array.from({ length: calls }, async () => {
        const body = JSON.stringify({ anum: "+358401112233", bnum: "+358942000100", targetid: "Q" });
        await fetch(`${red.url}/seed-${seed}`, {
          method: "POST",
          body,
          headers: { "Content-Type": "application/json", Connection: "close" },
        });
      }),
    ),
  );
  let passages: Passage[] = [];
  let quiet = 0;
  await until("the flows to come to rest", async () => {
    const now = await json<Passage[]>(red, "truth");
    quiet = now.length === passages.length ? quiet + 1 : 0;
    passages = now;
    return quiet > 20;
  });
  const ids = (await runsOf(red)).map(({ id }) => id).filter((id) => !before.has(id));
  for (;;) {
    const runs = await Promise.all(ids.map((id) => json<Run>(red, `contact-center/recorder/runs/${id}`)));
    const after = await json<Passage[]>(red, "truth");
    // Both sides have to be of one moment: on a busy machine a message may have been still to come.
    if (after.length === passages.length) return compare(flows, passages, runs);
    passages = after;
  }
}

async function runsOf(red: NodeRed): Promise<{ id: string }[]> {
  return (await json<{ runs: { id: string }[] }>(red, "contact-center/recorder/runs")).runs;
}

async function json<T>(red: NodeRed, path: string, body?: object): Promise<T> {
  const answer = await fetch(`${red.adminUrl}/${path}`, {
    headers: { Connection: "close" },
    ...(body && { method: "POST", body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

function compare(flows: FlowNode[], passages: readonly Passage[], runs: readonly Run[]): Comparison {
  const result: Comparison = { passages: passages.length, wrong: [], uncertain: 0, uncertainRight: 0, unknown: 0 };
  const types = new Map(flows.map(({ id, type }) => [id, type]));
  const runsByNumber = new Map(runs.map((run) => [Number(run.id.split("-")[1]), run]));
  const byId = new Map(passages.map((passage) => [passage.id, passage]));
  const byStep = new Map<Step, Passage>();
  const isLost = (passage: Passage | undefined): boolean =>
    passage !== undefined && (passage.isUnknowable === true || isLost(byId.get(passage.parent ?? "")));
  for (const passage of passages) {
    const run = passage.step && runsByNumber.get(passage.step.run);
    const step = passage.step && run?.steps[passage.step.place];
    if (!step) {
      if (isLost(passage)) result.unknown++;
      else if (passage.step?.place !== 511) result.wrong.push(`passage ${passage.id} at ${passage.node} has no step`);
    } else if (step.node !== passage.node) result.wrong.push(`passage at ${passage.node} has a step at ${step.node}`);
    else if (byStep.has(step)) result.wrong.push(`two passages at ${step.node} have one step`);
    else byStep.set(step, passage);
  }
  for (const run of runs) {
    for (const step of run.steps) {
      const passage = byStep.get(step);
      const isTruth = isTruthNode(types, step.node);
      if (isTruth && step.ms !== undefined && !passage) result.wrong.push(`a step at ${step.node} without a passage`);
      const why = wireFault(flows, run, step);
      if (why !== undefined) result.wrong.push(why);
      if (!passage) continue;
      let at = step;
      let isUncertain = at.uncertain === true;
      do {
        at = run.steps[at.from ?? -1] as Step;
        if (!byStep.has(at)) isUncertain ||= at?.uncertain === true;
      } while (at && !byStep.has(at));
      const isRight = byStep.get(at)?.id === passage.parent;
      if (isUncertain) {
        result.uncertain++;
        if (isRight) result.uncertainRight++;
      } else if (!isRight)
        result.wrong.push(
          `passage ${passage.id} at ${passage.node} came from ${byId.get(passage.parent ?? "")?.node ?? "the in node"}, recorded from ${at?.node}`,
        );
    }
  }
  return result;
}

function isTruthNode(types: ReadonlyMap<string, string>, id: string): boolean {
  return types.get(id.split("-").at(-1) ?? "") === "truth";
}

/** Why no wire and no known hand-over leads to a step; undefined when one does. */
function wireFault(flows: readonly FlowNode[], run: Run, step: Step): string | undefined {
  if (step.from === undefined) return undefined;
  const from = run.steps[step.from] as Step;
  const [source, target] = [from.node, step.node].map(
    (id) => flows.find((node) => node.id === id.split("-").at(-1)) as FlowNode,
  ) as [FlowNode, FlowNode];
  if (step.port === undefined) {
    const pair = `${source.type} -> ${target.type}`;
    const isKnown =
      ["link call -> link in", "link out -> link call"].includes(pair) || /-> (?:catch|complete)$/.test(pair);
    return isKnown ? undefined : `a hand-over ${pair}`;
  }
  // Into a subflow, and out of it, Node-RED rewires the nodes.
  if (from.flow !== step.flow) return undefined;
  const wires = (source.type === "link out" ? [source["links"]] : source["wires"]) as string[][];
  return wires[step.port]?.includes(target.id)
    ? undefined
    : `no wire from ${from.node} by ${step.port} to ${step.node}`;
}
