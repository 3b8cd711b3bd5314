/** A Node-RED with a webitel-connection and one node behind it. */
import { WEBITEL_DEMO_TOKEN } from "../../../simulators/webitel/simulator.js";
import { catchProbe, node, probe, statusProbe, tab } from "../flow.js";
import type { FlowNode } from "../node-red.js";

/** A connection to a simulator. */
export function connection(url: string, token = WEBITEL_DEMO_TOKEN): FlowNode {
  return { id: "webitel", type: "webitel-connection", name: "", url, tls: "", credentials: { token } };
}

/** An upload `up` with probes at its outputs and its badge, fed by POST /start with the message as JSON. */
export function uploadFlow(url: string, settings: object = {}, token?: string): FlowNode[] {
  return [
    tab(),
    connection(url, token),
    ...entry("up"),
    node(
      "up",
      "webitel-dialer-member-upload",
      {
        connection: "webitel",
        queueId: "10",
        defaults: [{ field: "type", value: "1", valueType: "str" }],
        ...settings,
      },
      [["report"], ["rejects"], ["progress"]],
    ),
    probe("report"),
    probe("rejects"),
    probe("progress"),
    ...catchProbe(),
    ...statusProbe(["up"], "badge"),
  ];
}

/** POST /start sends the JSON body as the whole message to a node; POST /start?repeat=… is up to the test. */
export function entry(target: string): FlowNode[] {
  return [
    node("start", "http in", { url: "/start", method: "post", upload: false, swaggerDoc: "" }, [["unpack"]]),
    node(
      "unpack",
      "function",
      {
        func: "const {req, res, payload} = msg; res._res.end(); return payload;",
        outputs: 1,
        timeout: 0,
        noerr: 0,
        initialize: "",
        finalize: "",
        libs: [],
      },
      [[target]],
    ),
  ];
}

/** Sends a message into the flow. */
export async function start(redUrl: string, message: object): Promise<void> {
  const answer = await fetch(`${redUrl}/start`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(message),
  });
  await answer.text();
}
