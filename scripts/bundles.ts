/**
 * What is shipped as one file each: `resources/editor.js` with the forms of all nodes, because the editor asks for every
 * module by a request of its own; the simulators' console page; and `dist/simulator.js`, the simulators' command, which
 * nobody has to read where it is installed. What the nodes run stays in its own files.
 */
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { build, type BuildOptions } from "esbuild";

const root = resolve(__dirname, "..");
const OPTIONS: BuildOptions = { bundle: true, minify: true, format: "esm", target: "es2022", logLevel: "warning" };
const PAGE = "simulators/console/page";

/** The modules of all forms; each adds its own. */
function forms(): string[] {
  return readdirSync(join(root, "nodes"), { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => /^\w+\/editor\/[\w-]+\.ts$/.test(file))
    .toSorted();
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(join(root, "resources", to)), { recursive: true });
  copyFileSync(join(root, from), join(root, "resources", to));
}

/** Makes `resources/` and the command. */
export async function buildBundles(): Promise<void> {
  const contents = forms()
    .map((file) => `import "./${file}";`)
    .join("\n");
  await build({
    ...OPTIONS,
    stdin: { contents, resolveDir: join(root, "nodes"), sourcefile: "editor.ts" },
    outfile: join(root, "resources/editor.js"),
  });
  copy("nodes/shared/editor/form.css", "form.css");
  await build({
    ...OPTIONS,
    entryPoints: [join(root, PAGE, "main.ts")],
    outfile: join(root, "resources/console/main.js"),
  });
  for (const file of ["index.html", "style.css"]) copy(`${PAGE}/${file}`, `console/${file}`);
  await build({
    ...OPTIONS,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["ws"],
    entryPoints: [join(root, "simulators/cli.ts")],
    outfile: join(root, "dist/simulator.js"),
  });
}
