/**
 * The declarations that are shipped: one file for each vendor, with what its `index.ts` makes public and nothing else, and
 * one for what the vendors share, so that an error of one vendor is the same type as that of another.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

const lib = resolve(__dirname, "../dist/lib");

/** What stood at the head of a source file describes nothing here; a declaration's own comment stands right above it. */
function withoutHeads(text: string): string {
  return text.replace(/^\/\*\*(?:(?!\*\/)[^])*\*\/\n(?=\n|\/\*\*)/gm, "").replace(/^ +/gm, "");
}

/** Replaces the declarations that tsc wrote for each file. */
export async function bundleDeclarations(): Promise<void> {
  const written = readdirSync(lib, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".d.ts"));
  const indexes = written.filter((file) => /^\w+[\\/]index\.d\.ts$/.test(file));
  const bundle = await rollup({
    input: Object.fromEntries(indexes.map((file) => [file.replace(".d.ts", ""), join(lib, file)])),
    plugins: [dts()],
    external: [/^node:/],
    onwarn: ({ message }) => {
      throw new Error(message);
    },
  });
  const target = join(lib, "declarations");
  await bundle.write({
    dir: target,
    entryFileNames: "[name].d.ts",
    chunkFileNames: "core/index.d.ts",
    minifyInternalExports: false,
  });
  await bundle.close();
  for (const file of written) rmSync(join(lib, file));
  for (const file of [...indexes, "core/index.d.ts"])
    writeFileSync(join(lib, file), withoutHeads(readFileSync(join(target, file), "utf8")));
  rmSync(target, { recursive: true });
}
