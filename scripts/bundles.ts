/**
 * What is shipped as one file each: `resources/editor.js` with the forms of all nodes, because the editor asks for every
 * module by a request of its own; the sidebar of each plugin; the simulators' console page; and `dist/simulator.js`, the simulators' command. What the
 * nodes run stays in its own files, with the names of modules, functions and classes, so that an error's stack says where it was.
 */
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { build, type BuildOptions, type Plugin, transform } from "esbuild";

const root = resolve(__dirname, "..");
const OPTIONS: BuildOptions = {
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  // Modules are UTF-8 everywhere: nothing is gained by escapes.
  charset: "utf8",
  logLevel: "warning",
};
/** The command takes the vendors' tables from where the nodes have them. */
const TABLES: Plugin = {
  name: "tables",
  setup: (bundle) =>
    bundle.onResolve({ filter: /\/lib\/\w+\/tables\.js$/ }, ({ path }) => ({
      path: path.replace(/^.*(?=\/lib\/)/, "."),
      external: true,
    })),
};
const PAGE = "simulators/console/page";

/** The modules of all forms; each adds its own. */
function forms(): string[] {
  return readdirSync(join(root, "nodes"), { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => /^\w+\/editor\/[\w-]+\.ts$/.test(file))
    .toSorted();
}

/** A style sheet, minified. */
const style = (from: string, to: string): Promise<unknown> =>
  build({ ...OPTIONS, entryPoints: [join(root, from)], outfile: join(root, "resources", to) });

/** Writes what the nodes run in fewer characters: blanks go, and local names get short. An error that ends the process prints its line: that has an end. */
async function shorten(folder: string): Promise<void> {
  for (const name of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".js")) continue;
    const file = join(root, folder, name);
    // Node.js reads the names that a module imports from the text of an index, statement by statement.
    const minifySyntax = basename(name) !== "index.js";
    const written = readFileSync(file, "utf8");
    // Of a module of types nothing is left, and nobody asks for it.
    if (/^"use strict";\s*Object\.defineProperty\(exports, "__esModule", \{ value: true \}\);\s*$/.test(written)) {
      rmSync(file);
      continue;
    }
    // Each export is assigned further down.
    const text = minifySyntax ? written.replace(/^(?:exports\.\w+ = )+void 0;\n/m, "") : written;
    // The names of a module are its own, and get short where it is said to be one.
    const { code } = await transform(text, {
      ...(minifySyntax && { format: "cjs" as const }),
      minifyWhitespace: true,
      minifyIdentifiers: true,
      minifySyntax,
      lineLimit: 1000,
      charset: "utf8",
    });
    writeFileSync(file, code);
  }
}

/** Makes `resources/` and the command. */
export async function buildBundles(): Promise<void> {
  for (const folder of ["dist/lib", "dist/nodes", "dist/plugins"]) await shorten(folder);
  const contents = forms()
    .map((file) => `import "./${file}";`)
    .join("\n");
  await build({
    ...OPTIONS,
    stdin: { contents, resolveDir: join(root, "nodes"), sourcefile: "editor.ts" },
    outfile: join(root, "resources/editor.js"),
  });
  await style("nodes/shared/editor/form.css", "form.css");
  for (const plugin of readdirSync(join(root, "plugins"))) {
    const sidebar = join("plugins", plugin, "sidebar");
    await build({
      ...OPTIONS,
      entryPoints: [join(root, sidebar, "index.ts")],
      outfile: join(root, `resources/${plugin}.js`),
    });
    await style(join(sidebar, "style.css"), `${plugin}.css`);
  }
  await build({
    ...OPTIONS,
    entryPoints: [join(root, PAGE, "main.ts")],
    outfile: join(root, "resources/console/main.js"),
  });
  await style(`${PAGE}/style.css`, "console/style.css");
  copyFileSync(join(root, PAGE, "index.html"), join(root, "resources/console/index.html"));
  await build({
    ...OPTIONS,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["ws"],
    plugins: [TABLES],
    entryPoints: [join(root, "simulators/cli.ts")],
    outfile: join(root, "dist/simulator.js"),
  });
}
