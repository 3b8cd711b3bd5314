/** Who may import whom. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve } from "node:path";

const root = resolve(__dirname, "..");
const RUNTIME_DEPENDENCIES = ["@microsoft/signalr", "axios", "cors", "csv-parse", "ws"];

/** What only one vendor's lib may use. */
const VENDOR_PACKAGES: Record<string, string[]> = { rte: ["@microsoft/signalr", "ws"], webitel: ["csv-parse"] };

/** The rule of a file: which packages (beside node's own) and which folders it may import. */
function rule(file: string): { packages: string[]; folders: string[]; builtins: boolean } | undefined {
  const [top, second = ""] = file.split("/");
  if (file.startsWith("lib/core/")) return { packages: ["axios"], folders: ["lib/core"], builtins: true };
  if (top === "lib")
    return { packages: VENDOR_PACKAGES[second] ?? [], folders: ["lib/core", `lib/${second}`], builtins: true };
  // What a form loads into the browser has no builtins, and takes tables and pure functions from lib.
  if (/^nodes\/\w+\/editor\//.test(file))
    return {
      packages: [],
      folders: ["lib/core", `lib/${second}`, `nodes/${second}/editor`, "nodes/shared/editor"],
      builtins: false,
    };
  if (file.startsWith("nodes/shared/"))
    return { packages: ["node-red", "cors"], folders: ["lib/core", "nodes/shared"], builtins: true };
  if (top === "nodes")
    return {
      packages: ["node-red"],
      folders: ["lib/core", `lib/${second}`, `nodes/${second}`, "nodes/shared"],
      builtins: true,
    };
  if (file.startsWith("simulators/console/page/"))
    return { packages: [], folders: ["lib", "simulators"], builtins: false };
  if (top === "simulators") return { packages: ["ws"], folders: ["lib", "simulators"], builtins: true };
  return undefined;
}

/** Parts of lib that talk to a vendor: a stand-in that shared them would hide their faults. */
const isClient = (path: string): boolean =>
  /^lib\/(?:core\/rest|\w+\/(?:client|hub|upload|connection)[\w-]*)\.(?:js|ts)$/.test(path);

function typescript(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file).replaceAll("\\", "/"));
}

interface Import {
  target: string;
  typeOnly: boolean;
}

function imports(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const found: Import[] = [];
  for (const [, isType, , target] of text.matchAll(
    /^\s*(?:import|export)\s+(type\s)?([^;"']*?\sfrom\s+)?["']([^"']+)["']/gm,
  ))
    found.push({ target: target as string, typeOnly: isType !== undefined });
  for (const [, target] of text.matchAll(/\b(?:require|import)\(\s*["']([^"']+)["']\s*\)/g))
    found.push({ target: target as string, typeOnly: false });
  return found;
}

function faults(file: string): string[] {
  const allowed = rule(file);
  if (!allowed) return [];
  return imports(file).flatMap(({ target, typeOnly }) => {
    if (target.startsWith(".")) {
      const path = relative(root, resolve(root, dirname(file), target)).replaceAll("\\", "/");
      if (!/\.(?:js|json)$/.test(target)) return [`${target} does not end in .js`];
      if (!allowed.folders.some((folder) => path.startsWith(`${folder}/`)))
        return [`${path} is not of ${allowed.folders.join(", ")}`];
      return file.startsWith("simulators/") && isClient(path) && !typeOnly ? [`${path} is a client`] : [];
    }
    const name = target.replace(/^node:/, "");
    if (builtinModules.includes(name)) return allowed.builtins ? [] : [`${target} in a browser`];
    return allowed.packages.some((one) => target === one || target.startsWith(`${one}/`)) ? [] : [`package ${target}`];
  });
}

describe("layers", () => {
  const files = ["lib", "nodes", "simulators"].flatMap(typescript);

  it("are many files, so that this test looks at something", () => {
    assert.ok(files.length > 40);
    assert.deepEqual(
      imports("nodes/shared/webhook/routes.ts")
        .map(({ target }) => target)
        .sort(),
      ["../../../lib/core/body.js", "cors", "node-red", "node:http"],
    );
  });

  it("import only what they may", () => {
    const wrong = files.flatMap((file) => faults(file).map((fault) => `${file}: ${fault}`));
    assert.deepEqual(wrong, []);
  });

  it("need five packages at run time", () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    assert.deepEqual(Object.keys(dependencies).sort(), RUNTIME_DEPENDENCIES);
  });

  it("have no any", () => {
    const loose = files.filter((file) =>
      /(?::|\bas|<)\s*any\b/.test(readFileSync(join(root, file), "utf8").replaceAll(/\/\*[^]*?\*\/|\/\/.*$/gm, "")),
    );
    assert.deepEqual(loose, []);
  });
});
