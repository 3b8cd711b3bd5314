/** The way of a run on the canvas: its nodes and wires are marked, and each node has its milliseconds beside it. */
import type { Step } from "../../../lib/recorder/model.js";
import { milliseconds } from "./times.js";
import { nodeOf } from "./nodes.js";
import { editor } from "./red.js";

const ON = "cc-recorder-on";
const HERE = "cc-recorder-here";
const ERRED = "cc-recorder-erred";
const TIME = "cc-recorder-beside";

/** What the editor binds to a wire; an end may be the input or an output of a subflow. */
interface Wire {
  source: { id: string; type: string };
  sourcePort: number;
  target: { id: string; type: string };
}

/** What a message went along: a wire, or the wires by which a subflow is entered or left. */
interface Hop {
  source: string | undefined;
  port: number | undefined;
  target: string | undefined;
  /** The flow of each end: a tab, or the instance of a subflow. */
  sourceFlow: string;
  targetFlow: string;
  /** The instances of subflows that the message may have left. */
  instances: readonly (string | undefined)[];
}

let shown: { steps: readonly Step[]; at: number } | undefined;

/** Marks the way of a run, and goes to the node of one step. */
export function showPath(steps: readonly Step[], at: number): void {
  shown = { steps, at };
  const node = steps[at] && nodeOf(steps[at]);
  if (node) editor.view.reveal(node.id, false);
  drawSoon();
}

/** Removes all marks. */
export function clearPath(): void {
  shown = undefined;
  draw();
}

/** The editor draws the nodes of another tab again: then the marks have to follow. */
export function followTabs(): void {
  editor.events.on("workspace:change", drawSoon);
}

function drawSoon(): void {
  requestAnimationFrame(draw);
}

function draw(): void {
  for (const marked of document.querySelectorAll(`.${ON}, .${HERE}`)) marked.classList.remove(ON, HERE, ERRED);
  for (const time of document.querySelectorAll(`.${TIME}`)) time.remove();
  if (!shown) return;
  const { steps, at } = shown;
  const flow = flowOnCanvas(steps, at);
  const ids = steps.map((step) => (step.flow === flow ? nodeOf(step)?.id : undefined));
  for (const id of new Set(ids)) {
    const group = id === undefined ? null : document.getElementById(id);
    if (!group || !(group instanceof SVGElement)) continue;
    group.classList.add(ON);
    if (id === ids[at]) group.classList.add(HERE);
    const here = steps.filter((_, place) => ids[place] === id);
    const hasFailed = here.some(({ error }) => error !== undefined);
    if (hasFailed) group.classList.add(ERRED);
    group.append(timeOf(here, hasFailed));
  }
  const hops = steps.filter(({ ms }) => ms !== undefined).flatMap((step) => hopOf(step, steps));
  for (const line of document.querySelectorAll<SVGElement>(".red-ui-flow-link")) {
    const wire = (line as unknown as { __data__: Wire }).__data__;
    if (hops.some((hop) => isAlong(wire, hop, flow))) line.classList.add(ON);
  }
}

/** The flow of the steps on the canvas: of a subflow's instances the one of the step that is nearest to the chosen one. */
function flowOnCanvas(steps: readonly Step[], at: number): string | undefined {
  const active = editor.workspaces.active();
  const places = steps.flatMap((step, place) => (nodeOf(step)?.z === active ? place : []));
  const [nearest] = places.toSorted((one, other) => Math.abs(one - at) - Math.abs(other - at));
  return nearest === undefined ? undefined : steps[nearest]?.flow;
}

function hopOf(step: Step, steps: readonly Step[]): Hop[] {
  const from = steps[step.from ?? -1];
  if (!from) return [];
  const path = from.flow.split("-");
  return [
    {
      source: nodeOf(from)?.id,
      port: step.port,
      target: nodeOf(step)?.id,
      sourceFlow: from.flow,
      targetFlow: step.flow,
      instances: path.map((_, end) => nodeOf({ node: path.slice(0, end + 1).join("-") })?.id),
    },
  ];
}

/** Node-RED takes a message from the last node in a subflow to the first behind it, so that the wires between have to be found. */
function isAlong({ source, sourcePort, target }: Wire, hop: Hop, flow: string | undefined): boolean {
  const leaves = hop.sourceFlow === flow && source.id === hop.source && sourcePort === hop.port;
  if (hop.sourceFlow === hop.targetFlow) return leaves && target.id === hop.target;
  if (target.type === "subflow") return leaves;
  const enters = hop.targetFlow === flow && target.id === hop.target;
  return enters && (source.type === "subflow" || hop.instances.includes(source.id));
}

/** The first time at a node, how often there were more, and whether the node failed. */
function timeOf(steps: readonly Step[], hasFailed: boolean): SVGTextElement {
  const first = steps[0]?.ms;
  const text = first === undefined ? "–" : milliseconds(first);
  const count = steps.length > 1 ? ` ×${steps.length}` : "";
  return textBeside(TIME, `${text}${count}${hasFailed ? " ✗" : ""}`);
}

/** A text above a node, to be appended to it. @param name of its class */
export function textBeside(name: string, text: string): SVGTextElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "text");
  made.setAttribute("class", name);
  made.setAttribute("x", "0");
  made.setAttribute("y", "-6");
  made.textContent = text;
  return made;
}
