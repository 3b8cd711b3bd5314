/**
 * One node, with its config node where it has one, in the test's own process: a deploy takes a few milliseconds. For what
 * goes in, comes out or reaches a Catch node; whoever needs HTTP routes, catalogues or restarts takes a real Node-RED
 * (node-red.ts). Errors keep their English sentences, because the helper has no catalogues.
 */
import type { EventEmitter } from "node:events";
import type { NodeAPI, NodeStatus } from "node-red";
import type { FlowNode } from "./node-red.js";
import { until } from "./wait.js";

/** What is used of node-red-node-test-helper, which has no types. */
interface Helper {
  load(modules: NodeModule[], flow: FlowNode[], credentials: Record<string, object>): Promise<void>;
  unload(): Promise<void>;
  log(): { args: unknown[] };
  getNode(id: string): (EventEmitter & { receive(message: object): void }) | undefined;
}
type NodeModule = (RED: NodeAPI) => void;
type Message = Record<string, unknown>;

const helper = require("node-red-node-test-helper") as Helper;

/** The node under test, its id is `it`. */
export class OneNode {
  /** What came out of its outputs, in order. */
  readonly sent: Message[] = [];
  /** What reached the Catch node. */
  readonly caught: Message[] = [];
  /** What it has shown on its badge, in order. */
  readonly badges: NodeStatus[] = [];

  private constructor() {}

  /**
   * Starts the flow of one node. What was started before is to be stopped.
   * @param modules the node files that are needed
   * @param node type and settings of the node
   * @param config its config node; `credentials` in it are handed over as Node-RED does
   */
  static async start(
    modules: NodeModule[],
    node: { type: string; [setting: string]: unknown },
    config?: FlowNode & { credentials?: object },
  ): Promise<OneNode> {
    const { credentials, ...settings } = config ?? { id: "", type: "" };
    await helper.load(
      modules,
      [
        { id: "tab", type: "tab", label: "tab" },
        ...(config ? [settings] : []),
        { ...node, id: "it", z: "tab", wires: [["out"]] },
        { id: "out", z: "tab", type: "helper", wires: [] },
        { id: "catch-all", z: "tab", type: "catch", scope: null, uncaught: false, wires: [["caught"]] },
        { id: "caught", z: "tab", type: "helper", wires: [] },
      ],
      credentials === undefined ? {} : { [settings.id]: credentials },
    );
    const started = new OneNode();
    for (const [id, messages] of [
      ["out", started.sent],
      ["caught", started.caught],
    ] as const)
      helper.getNode(id)?.on("input", (message: Message) => messages.push(message));
    helper.getNode("it")?.on("call:status", ({ args }: { args: [NodeStatus] }) => started.badges.push(args[0]));
    return started;
  }

  /** Sends a message in. */
  receive(message: object): void {
    helper.getNode("it")?.receive(message);
  }

  /** Sends a message in and gives the next one that comes out. */
  async run(message: object): Promise<Message> {
    const before = this.sent.length;
    this.receive(message);
    return until("a message from the node", () => this.sent[before]);
  }

  /** Sends a message in and gives the error that reaches the Catch node. */
  async fail<Failure>(message: object): Promise<Failure> {
    const before = this.caught.length;
    this.receive(message);
    const { error } = await until("an error of the node", () => this.caught[before]);
    return error as Failure;
  }

  /** What Node-RED has logged since the start, as JSON. */
  get log(): string {
    return JSON.stringify(helper.log().args);
  }

  /** Closes the nodes. */
  async stop(): Promise<void> {
    await helper.unload();
  }
}
