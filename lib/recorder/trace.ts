/**
 * Follows the messages of a run from node to node, by Node-RED's message hooks.
 *
 * A message carries the token of the step where it is, under a symbol: it survives whatever clones or spreads the message,
 * and JSON, loops over names and Node-RED's editor do not see it. Where a message comes from is decided in this order:
 * 1. by its token, when that step is at the node that sends it;
 * 2. a message without token, sent while the node works on another one: from there. It is a new message;
 * 3. by its `_msgid`, which function nodes give to new messages sent later; when several messages with it came to the
 *    node, the step is marked as uncertain.
 * What none of these tells begins nothing: no run has it. Nor is anything guessed of a message whose run is gone, or was not
 * recorded.
 *
 * `AsyncLocalStorage` would know more of 3, and costs 8 % of all calls on Node.js 20.
 */
import { executionAsyncId } from "node:async_hooks";
import type { HeldNode } from "./replay.js";
import { NO_RUN, type StepRecord, stepsOf, type Token } from "./records.js";
import type { Ring } from "./ring.js";

const TOKEN = Symbol("contact-center.recorder");

/** A node as hooks have it. */
interface HookNode {
  id: string;
  type?: string;
  z?: string;
  wires?: readonly (readonly string[])[];
}
/** A message that may carry a token. */
interface Traced {
  _msgid?: string;
  error?: unknown;
  complete?: unknown;
  [TOKEN]?: Token;
}
/** What Node-RED gives to `onSend`, in a list. */
export interface SendEvent {
  msg: Traced;
  source: { id: string; node: HookNode; port: number };
  destination: { id: string };
}
/** What Node-RED gives to `onReceive` and `postReceive`. */
export interface ReceiveEvent {
  msg: Traced;
  destination: { id: string; node: HookNode & HeldNode };
}

/** What Node-RED gives to `onComplete`. */
export interface CompleteEvent {
  msg: Traced;
  error?: unknown;
  node: { id: string };
}

/** Told of what the trace sees of a run; each message with the step where it is. */
export interface Watcher {
  /** A node reports an error. */
  failed(step: StepRecord, error: unknown): void;
  /** A message came to a node. */
  arrived?(step: StepRecord, message: object, node: HookNode): void;
  /** A node sends a message that it did not send from this output before, in one call of `send`. */
  sent?(from: StepRecord, port: number, message: object): void;
}

/** Node-RED's message hooks. */
export type Hooks = Record<"onSend" | "onReceive" | "postReceive" | "onComplete", (event: never) => false | void>;

/** A node that is working on a message: nothing else runs until it returns. */
interface Frame {
  event: ReceiveEvent;
  step: StepRecord;
  /** Of its run: a later run in the same place has another one. */
  number: number;
  /** The callback of Node.js in which that happens. */
  context: number;
  outer: Frame | undefined;
}

/** The following of all runs of one runtime. */
export class Trace {
  private frame: Frame | undefined;
  /** Whether what {@link find} found last is likely only. */
  private isUncertain = false;
  private sends = 0;

  constructor(
    private readonly ring: Ring,
    private watcher: Watcher,
  ) {}

  /** @param watcher from now on */
  watch(watcher: Watcher): void {
    this.watcher = watcher;
    this.frame = undefined;
  }

  /** The message goes on from this step. */
  mark(message: object, step: StepRecord): void {
    (message as Traced)[TOKEN] = step.token;
  }

  /** The message belongs to a run that is not recorded, and nobody has to look for it. */
  markUnrecorded(message: object): void {
    (message as Traced)[TOKEN] = NO_RUN;
  }

  /**
   * A node sends messages. One that goes to several nodes is the same object here, and is cloned later: then all carry the
   * token of the first step, and {@link arrivalOf} finds their own.
   */
  readonly onSend = (events: SendEvent[]): void => {
    const send = ++this.sends;
    for (const { msg, source, destination } of events) {
      const first = this.ring.step(msg[TOKEN]);
      if (!first && msg[TOKEN] !== undefined) continue;
      if (first?.send === send && first.from) {
        const step = this.ring.addStep(first.run, destination, first.from, source.port, msg._msgid);
        step.isUncertain = first.isUncertain;
        const last = lastOf(first);
        if (last !== step) last.sibling = step;
        if (last.port !== source.port) this.watcher.sent?.(first.from, source.port, msg);
        continue;
      }
      let from = this.find(source.node.id, msg, first);
      if (!from) continue;
      // It was handed over by a call of a function, as from the end of a link call to its begin.
      if (from.node !== source.node.id && from !== from.run.beyond) {
        from = this.insert(from, source.node, msg);
        this.isUncertain = false;
      }
      const step = this.ring.addStep(from.run, destination, from, source.port, msg._msgid);
      if (this.isUncertain) step.isUncertain = true;
      if (step !== step.run.beyond) step.send = send;
      msg[TOKEN] = step.token;
      this.watcher.sent?.(from, source.port, msg);
    }
  };

  /**
   * A node is about to work on a message.
   * @returns false when something stands in for the node, in a replay: the message stays here
   */
  readonly onReceive = (event: ReceiveEvent): false | undefined => {
    const { msg, destination } = event;
    const outer = this.current();
    let step = this.ring.step(msg[TOKEN]);
    if (!step && (msg[TOKEN] !== undefined || (!outer && !isReport(destination.node)))) return undefined;
    const arrived = step && arrivalOf(step, destination.id);
    if (arrived) {
      step = arrived;
      msg[TOKEN] = step.token;
      if (step !== step.run.beyond) {
        step.ms = performance.now() - step.run.startedAt;
        step.flow = destination.node.z;
      }
    } else if (!step || step !== step.run.beyond) {
      // It came without a wire: from a link call, or to a Catch or Complete node.
      const source = sourceOf(destination.node, msg);
      this.isUncertain = false;
      const from = source === undefined ? (step ?? outer?.step) : this.find(source, msg, step);
      if (!from) return undefined;
      if (from.node === source && destination.node.type === "catch") this.watcher.failed(from, msg.error);
      step = this.insert(from, destination.node, msg);
    }
    this.watcher.arrived?.(step, msg, destination.node);
    if (step.run.replay) {
      step.standIn = step.run.replay.standInFor(destination.node, msg);
      // Nobody works on it: what is sent next does not come from there.
      if (step.standIn) return false;
    }
    this.frame = { event, step, number: step.run.number, context: executionAsyncId(), outer };
    return undefined;
  };

  /** The node has returned. */
  readonly postReceive = (event: ReceiveEvent): void => {
    if (this.frame?.event === event) this.frame = this.frame.outer;
  };

  /** A node is done with a message. */
  readonly onComplete = ({ msg, error, node }: CompleteEvent): void => {
    const step = error === undefined || error === null ? undefined : this.ring.step(msg[TOKEN]);
    const from = step && this.find(node.id, msg, step);
    if (from?.node === node.id) this.watcher.failed(from, error);
  };

  /** The node that is working now. Another hook may have stopped its message: then nobody says that it returned. */
  private current(): Frame | undefined {
    const { frame } = this;
    if (frame && (frame.context !== executionAsyncId() || frame.step.run.number !== frame.number))
      this.frame = undefined;
    return this.frame;
  }

  /** The step from which a node sends a message; one of another node when the message was handed over. */
  private find(node: string, msg: Traced, step: StepRecord | undefined): StepRecord | undefined {
    this.isUncertain = false;
    if (!step && msg[TOKEN] !== undefined) return undefined;
    if (step && (step.node === node || step === step.run.beyond)) return step;
    const frame = this.current();
    if (frame && (!step || frame.step === step || frame.step.node === node)) return frame.step;
    if (!step) return msg._msgid === undefined ? undefined : this.findByMessageId(node, msg._msgid);
    // It was sent before, and is sent again.
    for (let at = step.from; at; at = at.from) if (at.node === node) return at;
    this.isUncertain = true;
    return step;
  }

  private findByMessageId(node: string, messageId: string): StepRecord | undefined {
    const run = this.ring.runOfMessage(messageId);
    if (!run) return undefined;
    const steps = stepsOf(run).filter((step) => step.messageId === messageId);
    const here = steps.filter((step) => step.node === node && step.ms !== undefined);
    if (here.length === 1) return here[0];
    this.isUncertain = true;
    return here.find((step) => !step.hasNext) ?? here.at(-1) ?? steps.at(-1);
  }

  /** Adds a step to which no wire leads. */
  private insert(from: StepRecord, node: HookNode, msg: Traced): StepRecord {
    const step = this.ring.addStep(from.run, node, from, undefined, msg._msgid);
    if (step !== from.run.beyond) {
      step.ms = performance.now() - from.run.startedAt;
      step.isUncertain = this.isUncertain;
    }
    msg[TOKEN] = step.token;
    return step;
  }
}

/** The hooks of a trace. @param onFault called with what went wrong: no message stops for it */
export function hooksOf(trace: Trace, onFault: (error: unknown) => void): Hooks {
  const safe =
    <Event, Result>(hook: (event: Event) => Result): ((event: Event) => Result | undefined) =>
    (event) => {
      try {
        return hook(event);
      } catch (error) {
        onFault(error);
        return undefined;
      }
    };
  return {
    onSend: safe(trace.onSend),
    onReceive: safe(trace.onReceive),
    postReceive: safe(trace.postReceive),
    onComplete: safe(trace.onComplete),
  };
}

/** The step of a message that comes to a node; undefined when it comes without a wire. */
function arrivalOf(step: StepRecord, node: string): StepRecord | undefined {
  let at: StepRecord | undefined = step;
  while (at && at !== at.run.beyond && (at.node !== node || at.ms !== undefined)) at = at.sibling;
  return at;
}

function lastOf(step: StepRecord): StepRecord {
  let last = step;
  while (last.sibling) last = last.sibling;
  return last;
}

function isReport(node: HookNode): boolean {
  return node.type === "catch" || node.type === "complete";
}

/** The node that a Catch or Complete node reports of. */
function sourceOf(node: HookNode, msg: Traced): string | undefined {
  if (!isReport(node)) return undefined;
  const report = (node.type === "catch" ? msg.error : msg.complete) as { source?: { id?: string } } | undefined;
  return report?.source?.id;
}
