/**
 * The declarations that are shipped: one file for each vendor, with what its `index.ts` makes public and nothing else, and
 * one for what the vendors share, so that an error of one vendor is the same type as that of another.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

const lib = resolve(__dirname, "../dist/lib");

const COMMENT = /\/\*\*(?:(?!\*\/)[^])*\*\/\n?/g;

/** Only what can be imported is explained: a declaration that is not exported is shipped without its comments, and so is the head of a source file. */
function shortened(text: string): string {
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].map(([, names = ""]) => names);
  const exported = new Set(lists.join().match(/\w+/g));
  const parts = text.split(/\n(?=\/\*\*|(?:declare|type|interface|export)\b)/);
  let comment = "";
  const kept = parts.map((part) => {
    if (/^\/\*\*(?:(?!\*\/)[^])*\*\/\s*$/.test(part)) {
      comment = `${part}\n`;
      return "";
    }
    const above = comment;
    comment = "";
    const name = /^(?:declare )?(?:abstract )?(?:const|function|class|type|interface) (\w+)/.exec(part)?.[1];
    return name === undefined || exported.has(name) ? `${above}${part}\n` : `${part.replace(COMMENT, "")}\n`;
  });
  return kept.join("").replace(/^ +/gm, "");
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
    writeFileSync(join(lib, file), shortened(readFileSync(join(target, file), "utf8")));
  rmSync(target, { recursive: true });
}
