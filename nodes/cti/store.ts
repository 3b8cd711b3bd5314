/**
 * The file that holds a broker's subscription ids: `<userDir>/contact-center/cti-<node id>.json`; beside it a small one with
 * the time until which events were received, which is written every second.
 */
import { hostname } from "node:os";
import type { Node, NodeAPI } from "node-red";
import { UNKNOWN_MS } from "../../lib/core/clock.js";
import { isRecord } from "../../lib/core/values.js";
import type { SubscriptionStore } from "../../lib/cti/subscription-store.js";
import { warnOncePerMinute } from "../shared/log.js";
import { FileHeldError, stateFile } from "../shared/state-file.js";

/**
 * The store of one broker. A file that cannot be used is warned about, and the ids live in memory only; a damaged one is
 * kept aside, and what it held counts as lost since it was written. One that a living process writes is that one's.
 */
export function fileStore(RED: NodeAPI, node: Node): SubscriptionStore {
  const file = stateFile<unknown>(RED, `cti-${node.id}`);
  const received = stateFile<unknown>(RED, `cti-${node.id}-received`, { isSynced: false });
  let isOurs = false;
  const warn = (error: unknown): void => {
    const { path, holder } = error instanceof FileHeldError ? error : { path: "", holder: "" };
    const detail = (error as Error).message;
    warnOncePerMinute(
      node,
      "store",
      RED._(holder ? "cti.warnings.held" : "cti.warnings.store", { path, holder, detail }),
    );
  };
  const load = async (): Promise<unknown> => {
    const holder = await file.heldHere();
    if (holder !== undefined) throw new FileHeldError(file.path, holder);
    const state = await file.read();
    if (isRecord(state)) {
      const isElsewhere = typeof state["host"] === "string" && state["host"] !== hostname();
      return { ...state, isElsewhere, received: await received.read().catch(() => undefined) };
    }
    const damaged = await file.setAside();
    if (!damaged) return undefined;
    node.warn(RED._("cti.warnings.damaged", { path: damaged.path }));
    return { unknownSince: damaged.writtenMs };
  };
  return {
    load: () =>
      load().catch((error: unknown) => {
        if (error instanceof FileHeldError) return warn(error);
        node.warn(RED._("cti.warnings.unread", { detail: (error as Error).message }));
        return { unknownSince: Date.now() - UNKNOWN_MS };
      }),
    save: async (state) => {
      try {
        await file.write({ ...state, host: hostname() });
        isOurs = true;
        return "saved";
      } catch (error) {
        isOurs = false;
        warn(error);
        return error instanceof FileHeldError ? "held" : "failed";
      }
    },
    noteReceived(note) {
      // Without it, a gap begins when the ids were written.
      if (isOurs) received.write(note).catch(() => undefined);
    },
  };
}
