/** The examples as the editor draws them: nodes apart, and no wire through a node that it does not belong to. In a real Chromium. */
import assert from "node:assert/strict";
import { layOut, readExamples } from "../../../demo/examples.js";
import { Editor } from "../../support/editor.js";
import { NodeRed } from "../../support/node-red.js";

/** What a test needs of the editor's global. */
interface EditorGlobal {
  RED: {
    workspaces: { show(id: string): void };
    nodes: { filterNodes(filter: { z: string }): { id: string; name?: string; type: string }[] };
  };
}

/** Pixels between two nodes; the editor's grid has 20. */
const LEAST_GAP = 10;

describe("editor: the examples", function () {
  this.timeout(120_000);
  // Nothing runs: only how it is drawn counts.
  const flow = layOut(readExamples()).map((node) => (node.type === "tab" ? { ...node, disabled: true } : node));
  const tabs = flow.filter(({ type }) => type === "tab").map(({ id }) => id);
  let red: NodeRed;
  let editor: Editor;

  before(async () => {
    red = await NodeRed.start({ flows: flow });
    editor = await Editor.open(red, { width: 1600 });
  });
  after(async () => {
    await editor?.close();
    await red?.stop();
  });

  for (const tab of tabs)
    it(`keep their nodes apart, and wires beside them: ${tab}`, async () => {
      const first = flow.find(({ z }) => z === tab)?.id ?? "";
      await editor.page.evaluate((id) => (window as unknown as EditorGlobal).RED.workspaces.show(id), tab);
      await editor.page.locator(`[id="${first}"] .red-ui-flow-node`).first().waitFor();
      await editor.picture(tab);
      const { count, wires, faults } = await editor.page.evaluate(crowded, { tab, gap: LEAST_GAP });
      assert.equal(count, flow.filter(({ z }) => z === tab).length);
      assert.ok(wires > 10);
      assert.deepEqual(faults, []);
    });
});

/** Runs in the page: the nodes of the shown tab that are too close, and wires that cross one. */
function crowded({ tab, gap }: { tab: string; gap: number }): { count: number; wires: number; faults: string[] } {
  const { RED } = window as unknown as EditorGlobal;
  const boxes = RED.nodes.filterNodes({ z: tab }).map(({ id, name, type }) => {
    const parts = document.getElementById(id)?.querySelectorAll(".red-ui-flow-node, .red-ui-flow-node-button") ?? [];
    const all = [...parts].map((part) => part.getBoundingClientRect()).filter(({ width }) => width > 0);
    return {
      label: name || type,
      id,
      left: Math.min(...all.map(({ left }) => left)),
      right: Math.max(...all.map(({ right }) => right)),
      top: Math.min(...all.map(({ top }) => top)),
      bottom: Math.max(...all.map(({ bottom }) => bottom)),
    };
  });
  const close = boxes.flatMap((one, at) =>
    boxes
      .slice(at + 1)
      .filter((other) => {
        const across = Math.max(one.left - other.right, other.left - one.right);
        const down = Math.max(one.top - other.bottom, other.top - one.bottom);
        return Math.max(across, down) < gap;
      })
      .map((other) => `"${one.label}" and "${other.label}" are too close`),
  );
  const paths = [...document.querySelectorAll<SVGPathElement>(".red-ui-flow-link-line")];
  const crossing = paths.flatMap((path) => {
    const { source, target } = (path.parentNode as unknown as { __data__: Record<"source" | "target", { id: string }> })
      .__data__;
    const matrix = path.getScreenCTM() ?? new DOMMatrix();
    const points = Array.from({ length: Math.ceil(path.getTotalLength() / 4) }, (_, step) =>
      path.getPointAtLength(step * 4).matrixTransform(matrix),
    );
    return boxes
      .filter(({ id }) => id !== source.id && id !== target.id)
      .filter(({ left, right, top, bottom }) =>
        points.some(({ x, y }) => x > left && x < right && y > top && y < bottom),
      )
      .map(({ label }) => `a wire from ${source.id} to ${target.id} crosses "${label}"`);
  });
  return { count: boxes.length, wires: paths.length, faults: [...close, ...crossing] };
}
