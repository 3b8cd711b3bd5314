/**
 * The hub of `bench/rte.ts`, in a process of its own: one hub per contestant at `/<name>`, and the events of a day of the
 * contact centre, written beforehand, sent as fast as the socket takes them.
 */
import { createServer } from "node:http";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { listen } from "../../simulators/listen.js";
import { makeDay } from "../../simulators/rte/scenario.js";
import { RteHub } from "../../simulators/rte/hub.js";
import { issueToken } from "../../simulators/rte/tokens.js";
import { record, TYPE, wireData } from "../../simulators/rte/wire.js";

/** What the bench tells this process: send this many events to this contestant. */
interface Blast {
  to: string;
  events: number;
}
/** What it answers at the start. */
export interface HubAddress {
  port: number;
  token: string;
  subjects: { entityId: string; eventName: string }[];
}

/** Records per frame: a busy hub writes many at once. */
const PER_FRAME = 20;
/** Bytes that may wait in the socket. */
const HIGH_WATER = 1 << 20;

const day = makeDay(1);
const texts = day.map(({ entityId, name, data }, index) => {
  const subscription = { entityId, eventName: name.toLowerCase() };
  return record({
    type: TYPE.invocation,
    target: "MessageReceived",
    arguments: [{ subscription, data: { eventType: index % 150, ...(wireData(data) as object) } }],
  });
});
const frames: string[] = [];
for (let at = 0; at + PER_FRAME <= texts.length; at += PER_FRAME) frames.push(texts.slice(at, at + PER_FRAME).join(""));

const hubs = new Map<string, RteHub>();
function hubOf(url: URL): RteHub {
  const name = url.pathname.split("/")[1] ?? "";
  const hub = hubs.get(name) ?? new RteHub({ arity: 0, knowsActive: true, pingMs: 15_000 }, () => undefined);
  hubs.set(name, hub);
  return hub;
}
const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://hub");
  hubOf(url).negotiate(request, response, url);
});
server.on("upgrade", (request, socket, head) => {
  const url = new URL(request.url ?? "/", "http://hub");
  hubOf(url).upgrade(request, socket, head, url);
});

async function blast({ to, events }: Blast): Promise<void> {
  const [connection] = hubs.get(to)?.connections ?? [];
  if (connection === undefined) throw new Error(`${to} is not connected`);
  for (let sent = 0; sent < events; sent += PER_FRAME) {
    connection.socket.send(frames[(sent / PER_FRAME) % frames.length] as string);
    while (connection.socket.bufferedAmount > HIGH_WATER) await yieldToEventLoop();
  }
}

process.on("message", (message) => void blast(message as Blast));
process.on("disconnect", () => process.exit(0));
void listen(server).then((port) => {
  const subjects = [
    ...new Map(day.map(({ entityId, name }) => [`${entityId} ${name}`, { entityId, eventName: name }])).values(),
  ];
  process.send?.({ port, token: issueToken("bench", 86_400), subjects } satisfies HubAddress);
});
