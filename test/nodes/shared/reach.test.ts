/** Which nodes a message can come to. */
import assert from "node:assert/strict";
import { type FlowNode, reaches } from "../../../nodes/shared/reach.js";

const node = (id: string, wires: string[][] = [], more: Partial<FlowNode> = {}): FlowNode => ({
  id,
  type: "function",
  z: "tab",
  wires,
  ...more,
});
const FLOW = [
  node("in", [["a"], ["b"]]),
  node("a", [["out"]]),
  node("out", [], { type: "link out", links: ["far"] }),
  node("far", [["end"]], { type: "link in", z: "other", links: ["out"] }),
  node("end", [["a"]], { z: "other" }),
  node("b"),
  node("named", [["caller"]]),
  node("caller", [], { type: "link call", linkType: "dynamic" }),
];
const reachesNode = (from: string, id: string): boolean => reaches(FLOW, from, (each) => each.id === id);

describe("nodes/shared/reach", () => {
  it("follows wires and links, from tab to tab and in circles", () => {
    for (const id of ["a", "b", "out", "far", "end"]) assert.equal(reachesNode("in", id), true, id);
  });
  it("does not go back, nor to the sender itself", () => {
    for (const [from, id] of [
      ["end", "in"],
      ["b", "a"],
      ["in", "in"],
    ] as const)
      assert.equal(reachesNode(from, id), false);
  });
  it("takes for possible what cannot be known", () => {
    assert.equal(reachesNode("named", "b"), true);
    assert.equal(reachesNode("in a subflow", "b"), true);
  });
});
