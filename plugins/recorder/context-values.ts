/** Values of contexts that a recorded flow reads, for its scenario: as they are now. */
import type { Node, NodeAPI } from "node-red";
import { isSecretName } from "../../lib/recorder/credential-items.js";
import { type ContextKey, contextReads } from "../../lib/recorder/context-reads.js";
import type { ConfiguredNode, KeptRun } from "../../lib/recorder/kept-run.js";
import { type GivenContext, nodesOf, playedRuns } from "../../lib/recorder/scenario.js";

/** Characters of a value as JSON; a longer one is none for a file that people read. */
const LONGEST_VALUE = 100_000;

/** A context, as Node-RED's types lack it: the value comes to the callback, whatever the store is. */
interface Context {
  get(key: string, store: string | undefined, done: (error: unknown, value: unknown) => void): void;
}
type WithContext = Node & { context(): { flow: Context; global: Context } };

/**
 * @param chain see {@link playedRuns}
 * @returns the values that their nodes read, and none of them writes. A value of a flow is left out where two tabs have it
 *   differently, and so is what cannot be written, and what a credential's name stands for.
 */
export async function contextOf(
  RED: NodeAPI,
  chain: readonly KeptRun[],
  flows: readonly ConfiguredNode[],
): Promise<GivenContext> {
  const nodes = nodesOf(playedRuns(chain, flows), flows);
  const keys = contextReads(nodes);
  const given: { global: Record<string, unknown>; flow: Record<string, unknown> } = { global: {}, flow: {} };
  const differing = new Set<string>();
  const anywhere = nodes.map(({ id }) => RED.nodes.getNode(id)).find((node) => node !== null);
  for (const node of nodes) {
    // Within a subflow the flow's context is that of the instance, which no scenario has.
    const running = RED.nodes.getNode(node.id);
    const own = new Set(contextReads([node]).map((key) => JSON.stringify(key)));
    for (const key of keys.filter((each) => own.has(JSON.stringify(each)))) {
      const holder = running ?? (key.scope === "global" ? anywhere : undefined);
      const text = holder && (await textOf(holder, key));
      if (text === undefined) continue;
      const values = given[key.scope];
      const value: unknown = JSON.parse(text);
      if (Object.hasOwn(values, key.key) && JSON.stringify(values[key.key]) !== text) differing.add(key.key);
      values[key.key] = value;
    }
  }
  for (const key of differing) delete given.flow[key];
  return Object.fromEntries(Object.entries(given).filter(([, values]) => Object.keys(values).length > 0));
}

/** A value as JSON; undefined where there is none that a file can have. */
async function textOf(node: WithContext, { scope, key, store }: ContextKey): Promise<string | undefined> {
  if (key.split(/\W+/).some(isSecretName)) return undefined;
  const value = await new Promise<unknown>((resolve, reject) =>
    node.context()[scope].get(key, store, (error, found) => (error ? reject(error) : resolve(found))),
  ).catch(() => undefined);
  try {
    const text = JSON.stringify(value) as string | undefined;
    return text !== undefined && text.length <= LONGEST_VALUE ? text : undefined;
  } catch {
    return undefined;
  }
}
