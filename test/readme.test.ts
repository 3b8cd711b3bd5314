/** What the README says of commands, nodes and files is there. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { nodeTypes } from "../scripts/assets.js";

const root = resolve(__dirname, "..");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "docs/developing.md",
  "docs/security.md",
  "docs/benchmarks.md",
  "docs/scaling.md",
];
const text = (file: string): string => readFileSync(join(root, file), "utf8");

describe("README", () => {
  it("has a row for every node, and for no other", () => {
    const named = [...text("README.md").matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell]) =>
      [...(cell as string).matchAll(/`([^`]+)`/g)].map(([, type]) => type as string),
    );
    assert.deepEqual(named.sort(), Object.keys(nodeTypes()).sort());
  });

  it("names commands that exist", () => {
    const { scripts } = JSON.parse(text("package.json")) as { scripts: Record<string, string> };
    for (const page of pages)
      for (const [, script] of text(page).matchAll(/npm run ([\w:-]+)/g))
        assert.ok(scripts[script as string], `${page}: ${script}`);
    for (const bench of Object.keys(scripts).filter((name) => name.startsWith("bench:")))
      assert.ok(text("docs/benchmarks.md").includes(bench), `${bench} is not in docs/benchmarks.md`);
  });

  it("names the tarball of this version, which the changelog begins with", () => {
    const { name, version } = JSON.parse(text("package.json")) as { name: string; version: string };
    const tarball = `${name.slice(1).replace("/", "-")}-${version}.tgz`;
    assert.ok(text("README.md").includes(`npm install ./${tarball}\n`), tarball);
    assert.equal(/^## (.+)$/m.exec(text("CHANGELOG.md"))?.[1], version);
  });

  it("links to files that exist", () => {
    for (const page of pages) {
      for (const [, target] of text(page).matchAll(/\]\(((?!https?:)[^)#]+)\)/g))
        assert.ok(existsSync(resolve(root, page, "..", target as string)), `${page}: ${target}`);
      for (const [, path] of text(page).matchAll(/`((?:test|nodes|lib|docs|simulators|scripts|bench)\/[\w./-]+)`/g))
        assert.ok(existsSync(join(root, path as string)), `${page}: ${path}`);
    }
  });
});
