/** What the editor knows of node types, read from their built forms without a browser: defaults, credentials, outputs. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import vm from "node:vm";
import { nodeTypes } from "../../scripts/assets.js";

/** Settings that are only read, from flows of an earlier version: those of `webitel-attempt-result`. */
export const FORMER_SETTINGS: ReadonlySet<string> = new Set(["status", "statusType"]);

/** The second argument of `RED.nodes.registerType`, as far as tests ask. */
export interface Form {
  category: string;
  defaults: Record<string, { value?: unknown; type?: string; required?: boolean }>;
  credentials?: Record<string, { type: string }>;
  inputs?: number;
  outputs?: number;
}

const SCRIPT = /<script type="text\/javascript">([\s\S]*?)<\/script>/g;
const root = resolve(__dirname, "../..");

/** Forms of this pack's node types. */
export function packForms(): Map<string, Form> {
  const vendors = new Set(Object.values(nodeTypes()));
  return formsIn([...vendors].map((vendor) => join(root, `dist/nodes/${vendor}/${vendor}.html`)));
}

/** Forms of Node-RED's own node types. */
export function coreForms(): Map<string, Form> {
  const core = join(
    dirname(
      require.resolve("@node-red/nodes/package.json", { paths: [dirname(require.resolve("node-red/package.json"))] }),
    ),
    "core",
  );
  const files = readdirSync(core, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".html") && !file.includes("locales"),
  );
  return formsIn(files.map((file) => join(core, file)));
}

function formsIn(files: readonly string[]): Map<string, Form> {
  const forms = new Map<string, Form>();
  const RED = stub({ nodes: stub({ registerType: (type: string, form: Form) => forms.set(type, form) }) });
  const { common } = createRequire(__filename)(join(root, "nodes/shared/editor/definition.ts")) as {
    common: object;
  };
  // The validators ask for the global of the editor.
  const ContactCenter = { ...common, valid: stub(), prepare: () => undefined, save: () => undefined };
  for (const file of files) {
    for (const [, source] of readFileSync(file, "utf8").matchAll(SCRIPT)) {
      vm.runInNewContext(
        source as string,
        { RED, ContactCenter, $: stub(), jQuery: stub(), window: stub(), document: stub(), console },
        { filename: file },
      );
    }
  }
  return forms;
}

/** An object of which everything else can be read and called. */
function stub(known: Record<string, unknown> = {}): unknown {
  return new Proxy(() => undefined, {
    get: (_, name) =>
      typeof name === "string" && Object.hasOwn(known, name)
        ? known[name]
        : typeof name === "symbol"
          ? undefined
          : stub(),
    apply: () => stub(),
  });
}
