/** The heat of nodes on the canvas: what many runs say of each, above it, and its frame the redder the longer it takes. */
import type { NodeHeat } from "../../../lib/recorder/heat.js";
import { textBeside } from "./canvas.js";
import { milliseconds } from "./times.js";
import { editor, type Words } from "./red.js";

const HOT = "cc-recorder-hot";
const TEXT = "cc-recorder-heat";

let shown: { nodes: Record<string, NodeHeat>; words: Words } | undefined;

/** Shows the heat of these nodes, on each tab. */
export function showHeat(nodes: Record<string, NodeHeat>, words: Words): void {
  shown = { nodes, words };
  draw();
}

/** Removes it from the canvas. */
export function clearHeat(): void {
  if (!shown) return;
  shown = undefined;
  draw();
}

/** The editor draws the nodes of another tab again: then the heat has to follow. */
export function followTabsWithHeat(): void {
  editor.events.on("workspace:change", () => requestAnimationFrame(draw));
}

function draw(): void {
  for (const node of document.querySelectorAll(`.${HOT}`)) node.classList.remove(HOT);
  for (const text of document.querySelectorAll(`.${TEXT}`)) text.remove();
  if (!shown) return;
  const { nodes, words } = shown;
  const longest = Math.max(...Object.values(nodes).map(({ medianMs = 0 }) => medianMs));
  for (const [id, heat] of Object.entries(nodes)) {
    const group = document.getElementById(id);
    if (!group || !(group instanceof SVGElement)) continue;
    group.classList.add(HOT);
    const share = longest > 0 ? (heat.medianMs ?? 0) / longest : 0;
    group.style.setProperty("--cc-heat", `${Math.round(100 * share)}%`);
    group.append(textBeside(TEXT, textOf(heat, words)));
  }
}

function textOf({ count, medianMs, fallback }: NodeHeat, words: Words): string {
  const share = Math.round(100 * fallback);
  return [
    `${count}×`,
    medianMs === undefined ? "" : milliseconds(medianMs),
    fallback > 0 ? words("recorder.sidebar.heat-fallback", { share }) : "",
  ]
    .filter(Boolean)
    .join(" · ");
}
