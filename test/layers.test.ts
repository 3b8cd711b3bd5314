/** Who may import whom: an allow-list, so that a new file starts with nothing allowed. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve } from "node:path";

const root = resolve(__dirname, "..");
const RUNTIME_DEPENDENCIES = [
  "@microsoft/signalr",
  "@opentelemetry/api",
  "axios",
  "cors",
  "https-proxy-agent",
  "libphonenumber-js",
  "ws",
];

/** What the files of a folder may import. */
interface Rule {
  /** Packages beside node's own. */
  packages?: readonly string[];
  /** Folders of which anything may be imported, and single files. */
  folders?: readonly string[];
  /** Files outside of the folders of which values may be imported; types may be imported from anywhere below `lib`. */
  values?: RegExp;
  /** Node's own modules; false for what runs in a browser. */
  builtins?: boolean;
}

/** What only one vendor's lib may use. */
const VENDOR_PACKAGES: Record<string, readonly string[]> = {
  rte: ["@microsoft/signalr", "ws"],
  webitel: ["libphonenumber-js"],
};

/** Tables of names and ranges: a simulator decides for itself, so that a fault does not hide in its twin. */
const TABLES = /^lib\/\w+\/tables\.ts$/;

/** The rules, the most specific first; `vendor` is the folder behind the first slash. */
const RULES: readonly (readonly [pattern: RegExp, rule: (vendor: string) => Rule])[] = [
  [/^lib\/core\/telemetry\//, () => ({ packages: ["@opentelemetry/api"], folders: ["lib/core"] })],
  [/^lib\/core\//, () => ({ folders: ["lib/core"] })],
  [/^lib\/http\//, () => ({ packages: ["axios", "https-proxy-agent"], folders: ["lib/core", "lib/http"] })],
  [/^lib\/webhook\//, () => ({ folders: ["lib/core", "lib/webhook"] })],
  [
    /^lib\/\w+\//,
    (vendor) => ({
      packages: VENDOR_PACKAGES[vendor] ?? [],
      folders: ["lib/core", "lib/http", "lib/webhook", `lib/${vendor}`],
    }),
  ],
  [
    // What a form loads into the browser has no builtins, and takes tables and pure functions from lib.
    /^nodes\/\w+\/editor\//,
    (vendor) => ({
      folders: [
        "lib/core",
        `lib/${vendor}`,
        `nodes/${vendor}/editor`,
        `nodes/${vendor}/settings.ts`,
        "nodes/shared/editor",
      ],
      values: /^lib\/webhook\/(?:header-name|path)\.ts$/,
      builtins: false,
    }),
  ],
  [
    /^nodes\/shared\//,
    () => ({
      packages: ["node-red", "cors"],
      folders: ["lib/core", "lib/webhook", "nodes/shared"],
      // Who records is not known here: only what is said to it.
      values: /^lib\/recorder\/model\.ts$/,
    }),
  ],
  [
    // What the editor loads runs in a browser; it names what a vendor's answer means by the vendor's own table.
    /^plugins\/\w+\/sidebar\//,
    (plugin) => ({
      folders: ["lib/core", `lib/${plugin}`, `plugins/${plugin}`],
      values: TABLES,
      builtins: false,
    }),
  ],
  [
    /^plugins\/\w+\//,
    (plugin) => ({
      packages: ["node-red"],
      folders: ["lib/core", `lib/${plugin}`, `plugins/${plugin}`, "nodes/shared"],
    }),
  ],
  [
    /^nodes\/\w+\//,
    (vendor) => ({
      packages: ["node-red"],
      folders: ["lib/core", `lib/${vendor}`, `nodes/${vendor}`, "nodes/shared"],
    }),
  ],
  [/^simulators\/console\/page\//, () => ({ folders: ["simulators"], values: TABLES, builtins: false })],
  [
    // No vendor's: what stands in for a node, and what a credential is. The recorder and the scenarios do the same.
    /^simulators\/scenarios\//,
    () => ({
      folders: ["simulators"],
      values:
        /^lib\/(?:\w+\/tables|core\/escapes|recorder\/(?:credential-items|credentials|hidden|node-names|stand-in))\.ts$/,
    }),
  ],
  [/^simulators\//, () => ({ packages: ["ws"], folders: ["simulators"], values: TABLES })],
  [/^demo\//, () => ({ packages: ["node-red"], folders: ["demo", "simulators"] })],
];

interface Import {
  target: string;
  typeOnly: boolean;
}

function typescript(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file).replaceAll("\\", "/"));
}

/** True where every name in the braces is marked as a type. */
function namesTypesOnly(clause: string): boolean {
  const names = /^\s*\{([^}]*)\}\s*from\s*$/
    .exec(clause)?.[1]
    ?.split(",")
    .filter((name) => name.trim() !== "");
  return names !== undefined && names.every((name) => /^\s*type\s/.test(name));
}

function imports(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const found: Import[] = [];
  const statements = text.matchAll(/^\s*(?:import|export)\s+(type\s)?([^;"']*?\sfrom\s+)?["']([^"']+)["']/gm);
  for (const [, isType, clause = "", target = ""] of statements) {
    found.push({ target, typeOnly: isType !== undefined || namesTypesOnly(clause) });
  }
  for (const [, target = ""] of text.matchAll(/\b(?:require|import)\(\s*["']([^"']+)["']\s*\)/g)) {
    found.push({ target, typeOnly: false });
  }
  return found;
}

/** The source file that a relative import names. */
function resolved(file: string, target: string): string {
  return relative(root, resolve(root, dirname(file), target))
    .replaceAll("\\", "/")
    .replace(/\.js$/, ".ts");
}

/** Why an import is not allowed; undefined when it is. */
function fault(file: string, { target, typeOnly }: Import, rule: Rule): string | undefined {
  if (!target.startsWith(".")) {
    const name = target.replace(/^node:/, "");
    if (builtinModules.includes(name)) return rule.builtins === false ? `builtin ${name}` : undefined;
    const isAllowed = (rule.packages ?? []).some((known) => target === known || target.startsWith(`${known}/`));
    return isAllowed ? undefined : `package ${target}`;
  }
  if (!/\.(?:js|json)$/.test(target)) return `${target} does not end in .js`;
  const path = resolved(file, target);
  if ((rule.folders ?? []).some((folder) => path === folder || path.startsWith(`${folder}/`))) return undefined;
  if (rule.values && path.startsWith("lib/") && (typeOnly || rule.values.test(path))) return undefined;
  return `${path} is not of ${(rule.folders ?? []).join(", ")}`;
}

function faults(file: string): string[] {
  const rule = RULES.find(([pattern]) => pattern.test(file))?.[1];
  if (!rule) return ["no rule for this folder"];
  const vendor = file.split("/")[1] ?? "";
  return imports(file)
    .map((each) => fault(file, each, rule(vendor)))
    .filter((each) => each !== undefined);
}

/** Circles of imports, of types too, each as its files in order. */
function circles(files: readonly string[], importsOf: (file: string) => string[]): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) found.push([...path.slice(at), file].join(" -> "));
    if (at >= 0 || done.has(file)) return;
    for (const next of importsOf(file)) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return found;
}

function ownImports(file: string): string[] {
  return imports(file)
    .filter(({ target }) => target.startsWith(".") && target.endsWith(".js"))
    .map(({ target }) => resolved(file, target));
}

describe("Layers", () => {
  const files = ["lib", "nodes", "plugins", "simulators", "demo"].flatMap(typescript);

  it("are many files, so that this test looks at something", () => {
    assert.ok(files.length > 40);
    assert.deepEqual([...new Set(imports("nodes/shared/webhook/dispatcher.ts").map(({ target }) => target))].sort(), [
      "../../../lib/core/telemetry/http-span.js",
      "../../../lib/webhook/body.js",
      "../../../lib/webhook/connection.js",
      "../../../lib/webhook/path.js",
      "./claim.js",
      "./express.js",
      "cors",
      "node-red",
      "node:http",
    ]);
  });

  it("import only what they may", () => {
    const wrong = files.flatMap((file) => faults(file).map((each) => `${file}: ${each}`));
    assert.deepEqual(wrong, []);
  });

  it("refuse what is not on the list", () => {
    const simulator = RULES.find(([pattern]) => pattern.test("simulators/cti/x.ts"))?.[1]("cti") ?? {};
    for (const target of ["cti/events", "webitel/upload/delivery", "rte/socket", "http/rest"]) {
      const value = { target: `../../lib/${target}.js`, typeOnly: false };
      assert.match(fault("simulators/cti/x.ts", value, simulator) ?? "", /is not of simulators/);
      assert.equal(fault("simulators/cti/x.ts", { ...value, typeOnly: true }, simulator), undefined);
    }
    const core = RULES.find(([pattern]) => pattern.test("lib/core/x.ts"))?.[1]("core") ?? {};
    assert.equal(fault("lib/core/x.ts", { target: "axios", typeOnly: false }, core), "package axios");
  });

  it("import in no circle", () => {
    assert.deepEqual(circles(files, ownImports), []);
    const circle: Record<string, string[]> = { a: ["b"], b: ["c"], c: ["a"] };
    assert.deepEqual(
      circles(["a"], (file) => circle[file] ?? []),
      ["a -> b -> c -> a"],
    );
  });

  it("need seven packages at run time", () => {
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
