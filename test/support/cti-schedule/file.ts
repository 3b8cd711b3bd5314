/** The file of a site's subscription ids, on a slow disk: one write follows another. */
import type {
  Received,
  SaveResult,
  StoredSubscriptions,
  SubscriptionStore,
} from "../../../lib/cti/subscription-store.js";
import type { Random } from "./random.js";

/** How long reading takes, and the longest time that writing takes, milliseconds. */
const LOAD_MS = 20;
const SAVE_MS = 100;

/** A process as the file sees it. */
interface Writer {
  isAlive: boolean;
  /** When it got each of its subscriptions, Unix milliseconds, and of how many the file knows. */
  ids: { made: number[]; stored: number };
}

/** What outlives a process. */
export class ScheduledFile {
  private content: StoredSubscriptions | undefined;
  private received: Received | undefined;

  constructor(private readonly random: Random) {}

  /** The file as one process uses it; what that has not written when it ends is lost. */
  storeOf(writer: Writer): SubscriptionStore {
    let last: Promise<SaveResult> = Promise.resolve("saved");
    return {
      load: async () => {
        await new Promise((resolve) => setTimeout(resolve, LOAD_MS));
        return this.content && structuredClone({ ...this.content, ...(this.received && { received: this.received }) });
      },
      save: (state) => {
        if (!writer.isAlive) return Promise.resolve("saved");
        // One that came in this moment may not be in it.
        const stored = writer.ids.made.filter((at) => at < Date.now()).length;
        const written = structuredClone(state);
        last = last.then(async (): Promise<SaveResult> => {
          await new Promise((resolve) => setTimeout(resolve, SAVE_MS * this.random.next()));
          if (!writer.isAlive) return "saved";
          this.content = written;
          writer.ids.stored = stored;
          return "saved";
        });
        return last;
      },
      noteReceived: (received) => {
        if (writer.isAlive) this.received = received;
      },
    };
  }
}
