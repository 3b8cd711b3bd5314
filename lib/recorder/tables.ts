/** Which nodes stay inside Node-RED, which reach outside, and which have messages of several calls at once. */

/**
 * Types whose nodes touch nothing but messages, contexts and the editor. Of any other one, those of other packs too, nobody
 * knows: it counts as one that reaches outside. Control messages of `rte-subscribe` and `cti-subscribe` do.
 */
const INSIDE_TYPES: ReadonlySet<string> = new Set([
  ...["function", "switch", "change", "range", "template", "delay", "trigger", "rbe"],
  ...["split", "join", "sort", "batch", "csv", "json", "xml", "yaml", "html"],
  ...["link in", "link out", "link call", "junction", "inject"],
  ...["catch", "status", "complete", "debug", "comment"],
  ...["smartrouting-in", "smartrouting-out", "voicenter-layer-in", "voicenter-layer-out"],
  ...["webitel-lookup-in", "webitel-lookup-out", "webitel-event-in", "cti-event-in"],
]);

/** Core's types whose nodes keep messages, or what they need of them: what one call leaves there the next one gets, or loses. */
const KEEPING_TYPES: ReadonlySet<string> = new Set(["delay", "trigger", "rbe", "join", "sort", "batch"]);

/** Of a node, what says whether it keeps messages. */
export interface KeepingNode {
  type?: string;
  /** A split node handles what comes as a stream: the rest of a text waits for the next one. */
  stream?: unknown;
}

/** Whether a message in this node may change what becomes of another call. */
export function keepsMessages({ type = "", stream }: KeepingNode): boolean {
  return KEEPING_TYPES.has(type) || (type === "split" && stream === true);
}

/** Whether a node of this type may reach beyond Node-RED. */
export function isOutside(type = ""): boolean {
  return !INSIDE_TYPES.has(type) && !type.startsWith("subflow:");
}
