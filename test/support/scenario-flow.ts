/** A flow that scenarios are tried on. */

/** A node of a flow, named as its id is. @param more its settings */
export const node = (id: string, type: string, wires: string[][], more: object = {}): object => ({
  id,
  type,
  name: id,
  x: 1,
  y: 1,
  wires,
  ...more,
});
/** A function node with as many outputs as wires. */
export const code = (id: string, func: string, wires: string[][], more: object = {}): object =>
  node(id, "function", wires, {
    func,
    outputs: wires.length,
    timeout: 0,
    libs: [],
    initialize: "",
    finalize: "",
    ...more,
  });
/** A routing flow that answers, misses, fails or asks outside, as the number of the caller says. */
export const FLOW = [
  { id: "tab", type: "tab", label: "Test", env: [{ name: "QUEUE", type: "str", value: "+358100" }] },
  node("In", "smartrouting-in", [["Decide"], ["Missed"]], {
    z: "tab",
    url: "/in",
    auth: "apikey",
    deadline: 1000,
    networks: ["10.1.1.1"],
  }),
  code(
    "Decide",
    `const { from } = msg.call;
flow.set("last", from);
if (from === "1") msg.payload = { InitialTarget: env.get("QUEUE"), CustomTTS: String(msg.now) + flow.get("word") + global.get("word") };
if (from === "2") return [null, msg];
if (from === "3") node.error("no such customer", msg);
if (from === "4") return null;
if (from === "5") msg.payload = { Priority: 99999999 };
if (from === "6") http.get("http://crm.example/").on("error", (error) => { msg.payload = { CustomTTS: error.code }; node.send(msg); });
if (from === "6") return null;
return msg;`,
    [["Out"], ["CRM"]],
    { z: "tab", libs: [{ var: "http", module: "http" }] },
  ),
  node("CRM", "http request", [["Out"]], { z: "tab", method: "GET", ret: "obj", url: "http://crm.example/" }),
  node("Out", "smartrouting-out", [], { z: "tab" }),
  code("Twice", "return msg;", [[]], { z: "tab" }),
  code("Again", "return msg;", [[]], { z: "tab", name: "Twice" }),
  code("Missed", "return msg;", [[]], { z: "tab" }),
];
/** A step that rings the flow from this number. */
export const ring = (from: string, expect: object = {}): object => ({ ring: { node: "In", from }, expect });
/** A scenario. @param more what it gives and expects beside its steps */
export const scenario = (name: string, steps: object[], more: object = {}): object => ({ name, steps, ...more });
