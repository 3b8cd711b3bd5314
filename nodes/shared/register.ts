/**
 * Registers a vendor's node types with Node-RED. The file of a type is loaded when a flow first has such a node, so that a
 * pack which no flow uses costs next to nothing at start.
 */
import { join } from "node:path";
import type { Node, NodeAPI, NodeDef } from "node-red";
import type { ConnectionTest } from "./connection-test.js";

/** What Node-RED has to know of a type before a flow has one. */
export interface NodeType {
  /** The credentials, by name, and how the editor shows them. */
  credentials?: Readonly<Record<string, { type: "text" | "password" }>>;
  /** Settings of the runtime that the editor may read, by name. */
  settings?: Readonly<Record<string, { value: unknown; exportable: boolean }>>;
  /** A config node whose dialog has the button "Test connection"; the vendor's `connection-test.ts` says how. */
  hasTest?: boolean;
}

/** The constructor that Node-RED calls for each node. */
type Constructor = (this: Node, config: NodeDef) => void;

/**
 * Registers the types of one vendor, in the order of the palette.
 * @param folder the vendor's: the file of a type has its name, and exports what makes the constructor
 */
export function registerTypes(RED: NodeAPI, folder: string, types: Readonly<Record<string, NodeType>>): void {
  const load = (name: string): unknown => require(join(folder, name));
  for (const [type, { hasTest, ...options }] of Object.entries(types)) {
    let construct: Constructor | undefined;
    function constructor(this: Node, config: NodeDef): void {
      construct ??= (load(type) as (RED: NodeAPI) => Constructor)(RED);
      // Loaded here, because it is not needed before a flow has a node.
      const { asEntered } = require("./variables.js") as typeof import("./variables.js");
      construct.call(this, asEntered(RED, config));
    }
    (RED.nodes.registerType as (type: string, constructor: Constructor, options: NodeType) => void)(
      type,
      constructor,
      options,
    );
    if (hasTest)
      serveTest(RED, type, () => load("connection-test") as { connectionTest: (RED: NodeAPI) => ConnectionTest });
  }
}

/** Serves the button of a config node's dialog to whoever may change the node. */
function serveTest(RED: NodeAPI, type: string, load: () => { connectionTest: (RED: NodeAPI) => ConnectionTest }): void {
  const path = `/contact-center/${type}/test`;
  RED.httpAdmin.post(path, RED.auth.needsPermission(`${type}.write`), (request, response) => {
    const { answerTest } = require("./connection-test.js") as typeof import("./connection-test.js");
    void answerTest(RED, load().connectionTest(RED), request.body).then(({ status, body }) =>
      response.status(status).json(body),
    );
  });
}
