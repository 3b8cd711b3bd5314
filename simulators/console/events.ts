/** The console's stream: the state of each simulator after a change, however many changes there were in between. */
import type { ServerResponse } from "node:http";
import type { Simulator } from "../simulator.js";
import type { About } from "./page/about.js";

/** Changes within this time go out together, in milliseconds. */
const COALESCE_MS = 40;
/** A comment line that keeps the stream from looking dead, in milliseconds. */
const KEEP_ALIVE_MS = 15_000;

/** All open pages. A slow page skips states in between, so that nothing piles up in memory. */
export class EventStream {
  private readonly pages = new Map<ServerResponse, Set<Simulator>>();
  private readonly unsubscribe: (() => void)[];
  private readonly keepAlive: NodeJS.Timeout;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly simulators: readonly Simulator[],
    private readonly about: About,
  ) {
    this.unsubscribe = simulators.map((simulator) => simulator.onChange(() => this.changed(simulator)));
    this.keepAlive = setInterval(() => {
      for (const page of this.pages.keys()) page.write(":\n\n");
    }, KEEP_ALIVE_MS).unref();
  }

  /** Makes a response a stream that ends when the page goes. */
  open(response: ServerResponse, headers: Record<string, string>): void {
    response.writeHead(200, { ...headers, "Content-Type": "text/event-stream" });
    response.write(frame("about", this.about));
    this.pages.set(response, new Set(this.simulators));
    response.on("drain", () => this.schedule());
    response.on("close", () => this.pages.delete(response));
    this.schedule();
  }

  /** Ends every stream and stops listening to the simulators. */
  close(): void {
    for (const stop of this.unsubscribe) stop();
    clearInterval(this.keepAlive);
    clearTimeout(this.timer);
    for (const page of this.pages.keys()) page.end();
    this.pages.clear();
  }

  private changed(simulator: Simulator): void {
    for (const due of this.pages.values()) due.add(simulator);
    this.schedule();
  }

  private schedule(): void {
    if (this.pages.size > 0) this.timer ??= setTimeout(() => this.flush(), COALESCE_MS);
  }

  private flush(): void {
    this.timer = undefined;
    const frames = new Map<Simulator, string>();
    for (const [page, due] of this.pages) {
      if (page.writableNeedDrain) continue;
      for (const simulator of due) {
        const text = frames.get(simulator) ?? frame("state", { simulator: simulator.name, state: simulator.state() });
        frames.set(simulator, text);
        page.write(text);
      }
      due.clear();
    }
  }
}

function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
