/**
 * The calling side of Voicenter's External Layer: an IVR whose layers ask a webhook what comes next. Vendor document:
 * "External Layer API".
 *
 * A layer plays its announcement, awaits digits (`MiniExternalDTMFLen`, `Delay`), asks its `MiniExternalUrl` once, waits
 * 5 s, and goes to its fallback layer when no usable answer came.
 */
import { Conversations } from "../caller/conversations.js";
import type { Simulator } from "../simulator.js";
import { IvrCall } from "./ivr-call.js";
import { checkedIvr } from "./ivrs.js";
import { walk } from "./ivr-run.js";
import type { Ivr, IvrConversation, RingInput, VoicenterState } from "./state.js";

/** How to start it. */
interface VoicenterOptions {
  /** The IVRs, one for each number that is dialled. */
  ivrs?: readonly Ivr[];
  /** Milliseconds that the platform waits for an answer; default 5,000. */
  timeoutMs?: number;
  /** Length of a second in milliseconds; default 1,000. */
  secondMs?: number;
}

/** The simulator. */
export interface VoicenterSimulator extends Simulator {
  readonly name: "voicenter";
  state(): VoicenterState;
  /**
   * Rings an IVR.
   * @throws Error when no IVR has this number
   */
  ring(input: RingInput): IvrCall;
}

/** Starts the simulator; it listens nowhere, it only calls. */
export function startVoicenterSimulator(options: VoicenterOptions = {}): Promise<VoicenterSimulator> {
  const { timeoutMs = 5000, secondMs = 1000 } = options;
  const given = options.ivrs ?? [];
  let ivrs = [...given];
  const calls = new Conversations<IvrCall>();
  const running = new Map<IvrCall, Promise<void>>();
  const platform = { timeoutMs, secondMs, changed: calls.changed };

  function ring(input: RingInput): IvrCall {
    const ivr = ivrs.find(({ did }) => did === input.did);
    if (ivr === undefined) throw new Error(`No IVR has the number ${input.did}.`);
    const call = calls.add(new IvrCall(ivr, input, platform));
    running.set(
      call,
      walk(call).finally(() => running.delete(call)),
    );
    return call;
  }

  const simulator: VoicenterSimulator = {
    name: "voicenter",
    state: () => ({ ivrs, calls: calls.list() as IvrConversation[], timeoutMs }),
    onChange: (listener) => calls.onChange(listener),
    ring,
    actions: {
      ring: (input) => ({ id: ring(input as unknown as RingInput).id }),
      press: ({ id, key }) => calls.find(id).press(String(key)),
      hangup: ({ id }) => calls.find(id).hangUp(),
      answer: ({ id, target }) => calls.find(id).dialResult({ kind: "answered", target: String(target) }),
      ignore: ({ id }) => calls.find(id).dialResult({ kind: "unanswered" }),
      break: ({ id }) => calls.find(id).dialResult({ kind: "faulty" }),
      save(input) {
        const ivr = checkedIvr(input["ivr"]);
        ivrs = ivrs.some(({ did }) => did === ivr.did)
          ? ivrs.map((each) => (each.did === ivr.did ? ivr : each))
          : [...ivrs, ivr];
        calls.changed();
      },
      restore() {
        ivrs = [...given];
        calls.changed();
      },
      forget: () => calls.forget(),
    },
    async close() {
      for (const call of running.keys()) call.end("the simulator ends");
      await Promise.all(running.values());
    },
  };
  return Promise.resolve(simulator);
}
