/** A call in an IVR as its phone sees it: what it waits for, its keys, and the phones that it rings. */
import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { Call } from "../caller/conversations.js";
import type { Ivr, IvrConversation, Phase, RingInput } from "./state.js";

/** What all calls of a simulator share. */
export interface Platform {
  /** Milliseconds that a webhook has. */
  timeoutMs: number;
  /** Length of a second in milliseconds: tests make it short. */
  secondMs: number;
  changed: () => void;
}

/** What the called side does. */
type DialResult = { kind: "answered"; target: string } | { kind: "unanswered" } | { kind: "faulty" };
/** A phone that is called: its type and number, as the answer has them. */
interface DialTarget {
  type: string;
  target: string;
}

/** Speaking one character takes about so long, in seconds. */
const SPEECH_S = 0.065;

/** One call; `ivr-run.ts` leads it through the layers. */
export class IvrCall extends Call {
  private phase: Phase = { kind: "announcing" };
  /** The layers so far, in order. */
  readonly layers: number[] = [];
  private readonly hungUp = new AbortController();
  /** Fires when the call has ended; every wait of the call ends with it. */
  readonly signal = this.hungUp.signal;
  private wake: () => void = () => undefined;
  private dialed: (result: DialResult) => void = () => undefined;

  constructor(
    readonly ivr: Ivr,
    readonly input: RingInput,
    readonly platform: Platform,
  ) {
    const stamp = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
    super(`${stamp}${randomBytes(6).toString("hex")}`, input.from ?? "", ivr.did, platform.changed);
  }

  override conversation(): IvrConversation {
    return { ...super.conversation(), phase: this.phase };
  }

  override end(place: string): void {
    if (this.ended) return;
    this.phase = { kind: "ended" };
    super.end(place);
    this.hungUp.abort();
  }

  /** Says what the call waits for. */
  enterPhase(phase: Phase): void {
    this.phase = phase;
    this.platform.changed();
  }

  /** Waits for seconds of the platform's clock; rejects when the call ends. */
  async seconds(count: number): Promise<void> {
    await this.within(new Promise<undefined>(() => undefined), count);
  }

  /** What the event gives, or undefined when it has not come within the seconds. Rejects when the call ends. */
  private async within<T>(event: Promise<T>, seconds: number): Promise<T | undefined> {
    const decided = new AbortController();
    try {
      return await Promise.race([
        event,
        wait(seconds * this.platform.secondMs, undefined, { signal: AbortSignal.any([this.signal, decided.signal]) }),
      ]);
    } finally {
      // Ends the timer too: it must not outlive what it was for.
      decided.abort();
    }
  }

  /** Seconds that a text takes to be spoken; none without a voice. */
  speechSeconds(text: string): number {
    return this.input.voice === true ? text.length * SPEECH_S : 0;
  }

  /** Waits for digits: until there are enough of them, or the seconds have passed. Rejects when the call ends. */
  async listen(digits: number, seconds: number): Promise<string> {
    const enough = new Promise<void>((resolve) => (this.wake = resolve));
    this.enterPhase({ kind: "listening", typed: "", digits, until: this.timeIn(seconds) });
    await this.within(enough, seconds);
    return this.phase.kind === "listening" ? this.phase.typed : "";
  }

  /**
   * A key of the phone.
   * @throws Error when the call expects no digits now, or the phone has no such key
   */
  press(key: string): void {
    if (this.phase.kind !== "listening" || this.phase.typed.length >= this.phase.digits)
      throw new Error("The call expects no digits now.");
    if (!/^[\d*#]$/.test(key)) throw new Error("A phone has the keys 0 to 9, * and #.");
    const typed = this.phase.typed + key;
    this.enterPhase({ ...this.phase, typed });
    if (typed.length === this.phase.digits) this.wake();
  }

  /** Rings phones until one does something, or the seconds have passed. Rejects when the call ends. */
  async dial(targets: readonly DialTarget[], seconds: number): Promise<DialResult> {
    const result = new Promise<DialResult>((resolve) => (this.dialed = resolve));
    this.enterPhase({ kind: "dialing", targets, until: this.timeIn(seconds) });
    return (await this.within(result, seconds)) ?? { kind: "unanswered" };
  }

  /**
   * What a called phone does.
   * @throws Error when nothing is dialled now, or not this phone
   */
  dialResult(result: DialResult): void {
    if (this.phase.kind !== "dialing") throw new Error("Nothing is dialled now.");
    if (result.kind === "answered" && !this.phase.targets.some(({ target }) => target === result.target))
      throw new Error(`${result.target} does not ring.`);
    this.dialed(result);
  }

  /** Talks to the phone that answered, not longer than the seconds. Rejects when the call ends. */
  async talk(target: string, seconds: number): Promise<void> {
    this.enterPhase({ kind: "talking", target, until: this.timeIn(seconds) });
    await this.seconds(seconds);
  }

  private timeIn(seconds: number): string {
    return new Date(Date.now() + seconds * this.platform.secondMs).toISOString();
  }
}
