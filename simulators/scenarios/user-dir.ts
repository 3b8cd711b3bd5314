/** Where a test's Node-RED finds packages, and a user directory of its own, so that nothing of the user's is written. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { packageRoot } from "../package-root.js";
import { UsageError } from "../options.js";

/** Where packages are looked for. */
export interface Places {
  /** Folder of the flow file. */
  flows: string;
  /** The user directory that was named. */
  userDir: string;
  /** The folder of a Node-RED that was named. */
  nodeRed: string;
}

/** Folders with packages: the one that was named, the flow's or one above it, the usual user directory. */
function folders({ flows, userDir }: Places): string[] {
  const above: string[] = [];
  for (let folder = flows; ; folder = dirname(folder)) {
    above.push(folder);
    if (folder === dirname(folder)) break;
  }
  const known = userDir === "" ? [...above, join(homedir(), ".node-red")] : [userDir];
  return known.filter((folder) => existsSync(join(folder, "node_modules")));
}

/**
 * The main file of the user's Node-RED: beside the flow, in the user directory, beside the pack, or installed for all.
 * @throws UsageError when there is none
 */
export function findNodeRed(places: Places): string {
  const prefix = process.env["npm_config_global_prefix"] ?? "/usr/local";
  const global = [join(process.execPath, "../../lib"), join(process.execPath, ".."), join(prefix, "lib"), prefix];
  const tried = places.nodeRed === "" ? [...folders(places), packageRoot(), ...global] : [places.nodeRed];
  for (const folder of tried) {
    const from = createRequire(join(folder, "any.js"));
    for (const name of ["node-red", "."]) {
      try {
        const main = from.resolve(name === "." ? folder : name);
        if (existsSync(join(dirname(main), "red.js")) || existsSync(join(dirname(main), "../red.js"))) return main;
      } catch {
        // Not there: the next place.
      }
    }
  }
  throw new UsageError(
    `There is no Node-RED in ${tried.join(", ")}. Install it beside the flow (npm install node-red), or name its folder with --node-red.`,
  );
}

/** A user directory for one test run. */
export interface TestUserDir {
  path: string;
  close(): void;
}

/** Makes one with links to the packages that the flow finds, and to the pack where they lack it. @throws UsageError */
export function makeUserDir(places: Places): TestUserDir {
  if (places.userDir !== "" && !existsSync(places.userDir))
    throw new UsageError(`${places.userDir}: there is no such folder`);
  const path = mkdtempSync(join(tmpdir(), "contact-center-test-"));
  const { name } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { name: string };
  const targets = new Map([[name, packageRoot()]]);
  const [own] = folders(places);
  if (own !== undefined)
    for (const each of packagesOf(join(own, "node_modules"))) targets.set(each, join(own, "node_modules", each));
  for (const [each, target] of targets) {
    const link = join(path, "node_modules", each);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(target, link, "junction");
  }
  // Function nodes get the modules that this file names.
  const dependencies = Object.fromEntries([...targets.keys()].map((each) => [each, "*"]));
  writeFileSync(
    join(path, "package.json"),
    JSON.stringify({ name: "contact-center-test", private: true, dependencies }),
  );
  return { path, close: () => rmSync(path, { recursive: true, force: true }) };
}

/** Names of the packages in a folder, those of scopes too. */
function packagesOf(modules: string): string[] {
  const visible = (folder: string): string[] => readdirSync(folder).filter((name) => !name.startsWith("."));
  return visible(modules).flatMap((name) =>
    name.startsWith("@") ? visible(join(modules, name)).map((each) => `${name}/${each}`) : [name],
  );
}
