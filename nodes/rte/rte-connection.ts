/**
 * A connection to Enreach RTE, shared by all `rte-subscribe` nodes that name it: opened by the first, closed by the last.
 *
 * It always comes back: each connection gets a fresh token, each failure a later try. See `lib/rte/client` for that, and
 * `shared-client` for what a deploy keeps.
 * Vendor document: RTE, "Client authentication" and "Establishing a connection".
 */
import { createHash } from "node:crypto";
import type { NodeAPI, NodeDef } from "node-red";
import { STEADY, stampNow } from "../../lib/core/clock.js";
import { onceDeployed, onDeployBegin, onDeployEnd } from "../shared/deploys.js";
import { localize } from "../shared/input.js";
import { warnOncePerMinute } from "../shared/log.js";
import { type StateFile, stateFile } from "../shared/state-file.js";
import { enteredCredentials } from "../shared/variables.js";
import { type ConnectionConfig, loginOf, type RteConnection, settingsOf, settingsProblem } from "./connection.js";
import { forgetLeft, noteLeft, takeLeft } from "./moves.js";
import { type Progress, readEarlier, type WrittenProgress } from "./progress.js";
import { reporterOf } from "./reporter.js";
import { park, SharedClient, unpark } from "./shared-client.js";

type Config = NodeDef & ConnectionConfig;

/** How often it is noted until when each node has got every event, in milliseconds: a kill makes a gap longer by this. */
const SAVE_MS = 500;

export = (RED: NodeAPI) => {
  function RteConnectionNode(this: RteConnection, config: Config): void {
    RED.nodes.createNode(this, config);
    const credentials = enteredCredentials(RED, this);
    const problem = settingsProblem(RED, this, config, credentials);
    if (problem) this.warn(localize(RED, problem).message);
    const file = stateFile<WrittenProgress>(RED, `rte-${this.id}`, { isSynced: false });
    const { shared, ready } = share(RED, this, config, file, problem === undefined);
    let forget = (): void => undefined;
    let saveSoon: NodeJS.Immediate | undefined;
    const api: Pick<RteConnection, "isConfigured" | "client" | "ready" | "expect" | "join" | "leave"> = {
      isConfigured: problem === undefined,
      client: shared.client,
      ready,
      expect: (node) => shared.expect(node.id, takeLeft(RED, node.id)),
      join(node, subscriber, subjects) {
        shared.join(node.id, subscriber, subjects);
        // Nodes join together; from now on a kill makes a gap for each.
        saveSoon ??= setImmediate(() => {
          saveSoon = undefined;
          void save();
        });
      },
      async leave(node, removed) {
        if (removed) return shared.leave(node.id);
        noteLeft(RED, node.id, shared.hold(node.id));
        forget();
        forget = onceDeployed(RED, () => {
          forgetLeft(RED);
          // After the nodes that join at the end of the same deploy.
          setImmediate(() => void shared.leaveUnclaimed());
        });
      },
    };
    Object.assign(this, api);
    let saved = "";
    // Before that, a note would forget what an earlier run left.
    let isKnown = false;
    void ready.then(() => (isKnown = true));
    let written = Promise.resolve();
    const save = (): Promise<void> => {
      if (!isKnown) return written;
      const progress = mapTimes(shared.currentProgress(), (ms) => STEADY.toClock(ms));
      const text = JSON.stringify(progress);
      if (text === saved) return written;
      saved = text;
      written = file.write({ ...progress, written: stampNow() }).catch((error: unknown) => {
        warnOncePerMinute(this, "progress", RED._("rte.warnings.progress", { why: (error as Error).message }));
      });
      return written;
    };
    const saving = setInterval(() => void save(), SAVE_MS);
    const stopListening = [onDeployBegin(RED, () => shared.suspend()), onDeployEnd(RED, () => shared.resume())];
    this.on("close", (removed: boolean, done: () => void) => {
      clearInterval(saving);
      for (const stop of stopListening) stop();
      const end = removed ? shared.client.close() : Promise.resolve(park(RED, this.id, shared));
      void end.then(save).finally(done);
    });
  }
  return RteConnectionNode;
};

/** The same progress by another clock. */
function mapTimes(progress: Progress, by: (ms: number) => number): Progress {
  return Object.fromEntries(Object.entries(progress).map(([id, ms]) => [id, by(ms)]));
}

/** The client of the node before it while that can serve the connection; else a new one, which knows how far each node was. */
function share(
  RED: NodeAPI,
  node: RteConnection,
  config: Config,
  file: StateFile<WrittenProgress>,
  isConfigured: boolean,
): { shared: SharedClient; ready: Promise<void> } {
  const credentials = enteredCredentials(RED, node);
  const settings = JSON.stringify([config.auth, isConfigured && settingsOf(RED, node, config, credentials)]);
  const fingerprint = createHash("sha256").update(settings).digest("base64");
  const reporter = reporterOf(RED, node);
  const before = unpark(RED, node.id);
  if (before?.canServe(fingerprint) === true) {
    before.reporter = reporter;
    return { shared: before, ready: Promise.resolve() };
  }
  const shared = new SharedClient(loginOf(RED, node, config, credentials), fingerprint, reporter, before);
  if (before !== undefined) return { shared, ready: before.retire().then((progress) => shared.recall(progress)) };
  // What joins at the end of the first deploy was there in the earlier run, for all that is known.
  const first = new Promise<void>((resolve) => void onceDeployed(RED, resolve));
  const ready = Promise.all([readEarlier(file), first]).then(([{ progress, otherwiseMs, why }]) => {
    const earlier = { ...(otherwiseMs !== undefined && shared.expectedSince(otherwiseMs)), ...progress };
    shared.recall(mapTimes(earlier, (ms) => STEADY.fromClock(ms)));
    if (why !== undefined) node.warn(RED._("rte.warnings.unusable", { why }));
  });
  return { shared, ready };
}
