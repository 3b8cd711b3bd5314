/** The IVR on which the Voicenter simulator is tested, and the webhook that it asks. Call within a `describe`. */
import type { Note } from "../../simulators/caller/conversation.js";
import { startVoicenterSimulator, type VoicenterSimulator } from "../../simulators/voicenter/simulator.js";
import type { Ivr, IvrConversation, Layer, Phase } from "../../simulators/voicenter/state.js";
import { type CannedWebhook, cannedWebhook } from "./canned-webhook.js";
import { until } from "./wait.js";

export const DID = "0720000001";
export const CALLER = "0500000002";

export function layer(id: number, more: Partial<Layer> = {}): Layer {
  return {
    id,
    name: `layer ${id}`,
    announcement: "",
    url: "",
    digits: 0,
    delay: 1,
    ending: "queue",
    target: `queue ${id}`,
    ...more,
  };
}

/** What the tests of one file share. */
interface VoicenterSetup {
  webhook: CannedWebhook;
  simulator: VoicenterSimulator;
  /** Rings and waits until the call waits for this. */
  ring: (phase: Phase["kind"], did?: string, more?: object) => Promise<IvrConversation>;
  now: (call: { id: string }) => IvrConversation;
  /** What the webhook answers from now on. */
  answer: (body: unknown, status?: number) => void;
  titles: (call: IvrConversation) => string[];
  notes: (call: IvrConversation) => readonly Note[];
  /** A request that the webhook got. */
  asked: (index: number) => { METHOD: string; DATA: Record<string, unknown> };
}

/** A simulator and a webhook for each test. */
export function voicenterSetup(): VoicenterSetup {
  const setup = { ring, now, answer, titles, notes, asked } as VoicenterSetup;
  beforeEach(async () => {
    setup.webhook = await cannedWebhook({ status: 200, body: { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 10 } });
    const ivr: Ivr = {
      did: DID,
      name: "test",
      start: 1,
      layers: [
        layer(1, { url: setup.webhook.url, fallback: 99 }),
        layer(2, { url: setup.webhook.url, digits: 4, fallback: 99 }),
        layer(3, { url: setup.webhook.url }),
        layer(10),
        layer(11, { ending: "hangup" }),
        layer(12, { ending: "layer", target: "10" }),
        layer(99),
      ],
    };
    const start = (from: number): Ivr => ({ ...ivr, did: `start${from}`, start: from });
    setup.simulator = await startVoicenterSimulator({
      ivrs: [ivr, start(2), start(3), start(11), start(12), start(44)],
      timeoutMs: 900,
      secondMs: 40,
    });
  });
  afterEach(async () => {
    await setup.simulator.close();
    await setup.webhook.close();
  });

  async function ring(phase: Phase["kind"], did = DID, more: object = {}): Promise<IvrConversation> {
    const call = setup.simulator.ring({ did, from: CALLER, ...more });
    return until(`the call to be ${phase}`, () =>
      call.conversation().phase.kind === phase ? call.conversation() : undefined,
    );
  }
  function now({ id }: { id: string }): IvrConversation {
    return setup.simulator.state().calls.find((call) => call.id === id) as IvrConversation;
  }
  function answer(body: unknown, status = 200): void {
    setup.webhook.answerWith({ status, body });
  }
  function titles(call: IvrConversation): string[] {
    return call.steps.map(({ title }) => title);
  }
  function notes(call: IvrConversation): readonly Note[] {
    return call.steps.flatMap((step) => step.notes);
  }
  function asked(index: number): { METHOD: string; DATA: Record<string, unknown> } {
    return JSON.parse(setup.webhook.asked[index]?.text ?? "") as { METHOD: string; DATA: Record<string, unknown> };
  }
  return setup;
}
