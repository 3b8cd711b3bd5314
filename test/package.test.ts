/** What a user gets: the packed tarball, installed into an empty user directory of a real Node-RED. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix, resolve } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { nodeTypes } from "../scripts/assets.js";
import { makeUserDir, NODE_RED, NodeRed, PACKAGE } from "./support/node-red.js";

const root = resolve(__dirname, "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  "node-red": { nodes: Record<string, string> };
  exports: Record<string, unknown>;
};
/** What an integrator may write without Node-RED: each vendor's client or reader, typed. */
const STRICT_CONSUMER = `
import { createCtiClient, readCommand, ContactCenterError, type CtiClient } from "${PACKAGE}/cti";
import { createWebitelClient, type Agent, type Member } from "${PACKAGE}/webitel";
import { createRteClient, tokenLogin, EVENT_NAMES, type EventName, type RteEvent } from "${PACKAGE}/rte";
import { answerBody, readRequest as readCall } from "${PACKAGE}/smartrouting";
import { answerBody as layerAnswer, readRequest as readLayer, type Action } from "${PACKAGE}/voicenter";

const broker: CtiClient = createCtiClient({ url: "https://broker.example" });
const sent: Promise<number> = broker.command(readCommand({ command: "Dial" })).then(({ status }) => status);
const agents: Promise<Agent[]> = createWebitelClient({ url: "https://w.example/api", token: "t" }).searchAgents({});
const hub = createRteClient({ login: tokenLogin(() => ({ url: "https://hub.example", token: "t" })) });
const name: EventName | undefined = EVENT_NAMES[0];
const topic = (event: RteEvent): string => event.topic;
const nameOf = (member: Member): string => member.name ?? "";
const body: Record<string, unknown> | undefined = answerBody({ Priority: 5 });
const action: Action = "GO_TO_LAYER";
// @ts-expect-error the vendor has no such field
answerBody({ Priorty: 5 });
export const used = [hub, name, topic, sent, agents, nameOf, body, action, readCall({}), readLayer({}), layerAnswer];
export const wordOf = (error: unknown): string => (error instanceof ContactCenterError ? error.message : "");
`;
const vendors = Object.keys(manifest["node-red"].nodes);
const types = Object.keys(nodeTypes());
/** What people read, the examples' scenarios too: Node-RED loads none of it, and nobody imports it. */
const DOCUMENTS = /^package\/(?:docs\/|scenarios\/|LICENSE$|[^/]+\.md$)/;

/** Bytes of a tarball without the files whose names match. */
function packedSizeWithout(tarball: Buffer, names: RegExp): number {
  const tar = gunzipSync(tarball);
  const kept: Buffer[] = [];
  // An entry is a header of 512 bytes, with the name and the octal size, and its content in blocks of 512.
  for (let at = 0; at < tar.length && tar[at] !== 0;) {
    const name = tar.toString("utf8", at, at + 100).replace(/\0.*/s, "");
    const size = Number.parseInt(tar.toString("latin1", at + 124, at + 136), 8);
    const next = at + 512 + Math.ceil(size / 512) * 512;
    if (!names.test(name)) kept.push(tar.subarray(at, next));
    at = next;
  }
  return gzipSync(Buffer.concat(kept), { level: 9 }).length;
}

describe("the packed tarball", function () {
  this.timeout(120_000);
  let folder: string;
  let userDir: string;
  let red: NodeRed;
  let packed: { filename: string; size: number; files: { path: string; size: number }[] };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "cc-pack-"));
    userDir = makeUserDir(false);
    // The build is there already: `npm test` made it.
    const listing = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
      cwd: root,
      stdio: ["ignore", "pipe", "ignore"],
    });
    [packed] = JSON.parse(String(listing)) as [typeof packed];
    execFileSync(
      "npm",
      ["install", "--prefer-offline", "--no-audit", "--no-fund", "--omit=dev", join(folder, packed.filename)],
      { cwd: userDir, stdio: "ignore" },
    );
    red = await NodeRed.start({ userDir, link: false });
  });
  after(async () => {
    await red?.stop();
    for (const made of [folder, userDir]) rmSync(made, { recursive: true, force: true });
  });

  it("is small, and holds what runs and nothing else", () => {
    const code = packedSizeWithout(readFileSync(join(folder, packed.filename)), DOCUMENTS);
    assert.ok(code < 400 * 1024, `${code} bytes packed without the documents`);
    assert.ok(code > 200_000, `${code} bytes packed: the documents alone were to be left out`);
    assert.ok(packed.size < 600_000, `${packed.size} bytes packed`);
    const unpacked = packed.files
      .filter(({ path }) => !DOCUMENTS.test(`package/${path}`))
      .reduce((sum, { size }) => sum + size, 0);
    assert.ok(unpacked < 1_310_000, `${unpacked} bytes unpacked without the documents`);
    const odd = packed.files
      .map(({ path }) => path)
      .filter(
        (path) =>
          !/^(?:dist|resources|examples|scenarios|docs)\/|^(?:package\.json|LICENSE|[A-Z]+\.md)$/.test(path) ||
          (/\.ts$|\.test\./.test(path) && !/^dist\/lib\/.+\.d\.ts$/.test(path)),
      );
    assert.deepEqual(odd, []);
  });

  it("has every file that its documents link to", () => {
    const files = new Set(packed.files.map(({ path }) => path));
    for (const file of ["README.md", "LICENSE", "CHANGELOG.md", "docs/security.md"]) assert.ok(files.has(file), file);
    const dead = [...files]
      .filter((path) => path.endsWith(".md"))
      .flatMap((page) =>
        [...readFileSync(join(root, page), "utf8").matchAll(/\]\(((?!\w+:)[^)#]+)[^)]*\)/g)]
          .map(([, target]) => posix.join(posix.dirname(page), target as string))
          .filter((target) => !files.has(target))
          .map((target) => `${page}: ${target}`),
      );
    assert.deepEqual(dead, []);
  });

  it("brings every node, without an error", async () => {
    const sets = (await (await fetch(`${red.url}/nodes`, { headers: { Accept: "application/json" } })).json()) as {
      module: string;
      types: string[];
      enabled: boolean;
      err?: unknown;
    }[];
    const own = sets.filter((set) => set.module === PACKAGE);
    assert.deepEqual(own.flatMap((set) => set.types).sort(), [...types].sort());
    for (const set of own) assert.ok(set.enabled && set.err === undefined, JSON.stringify(set));
    assert.deepEqual(
      red.log.filter((line) => /\[(?:warn|error)\]/.test(line) && line.includes("contact-center")),
      [],
    );
  });

  it("serves every icon, form, help and catalogue", async () => {
    const html = await (await fetch(`${red.url}/nodes`, { headers: { Accept: "text/html" } })).text();
    for (const type of types) {
      for (const mark of [`data-template-name="${type}"`, `data-help-name="${type}"`, `registerType("${type}"`])
        assert.ok(html.includes(mark), mark);
    }
    for (const vendor of vendors) {
      const script = join(userDir, "node_modules", PACKAGE, manifest["node-red"].nodes[vendor] as string);
      // A missing icon is answered with core's own, so the file is looked for.
      assert.match(readFileSync(join(script, "..", "icons", `${vendor}.svg`), "utf8"), /viewBox="0 0 40 60"/);
      const catalogue = (await (await fetch(`${red.url}/locales/${PACKAGE}/${vendor}?lng=en-US`)).json()) as object;
      assert.ok("shared" in catalogue, vendor);
    }
    assert.ok(!html.includes("<!-- include"));
    const icons = (await (await fetch(`${red.url}/icons`)).json()) as Record<string, string[]>;
    assert.deepEqual([...(icons[PACKAGE] ?? [])].sort(), readdirSync(join(root, "icons")).sort());
  });

  it("serves the forms' modules with all that they import", async () => {
    const html = await (await fetch(`${red.url}/nodes`, { headers: { Accept: "text/html" } })).text();
    const open = [
      ...new Set(
        [...html.matchAll(/src="(resources\/@contact-center[^"]+)"/g)].map(([, path]) => `${red.url}/${path}`),
      ),
    ];
    assert.ok(open.length > 0);
    const seen = new Set<string>();
    for (let url = open.pop(); url !== undefined; url = open.pop()) {
      if (seen.has(url)) continue;
      seen.add(url);
      const answer = await fetch(url);
      assert.equal(answer.status, 200, url);
      assert.match(answer.headers.get("content-type") ?? "", /javascript/);
      for (const [, target] of (await answer.text()).matchAll(/from "(\.[^"]+)"/g))
        open.push(new URL(target as string, url).href);
    }
  });

  it("offers the examples in the import menu", async () => {
    const examples = JSON.stringify(await (await fetch(`${red.url}/library/examples/flows/${PACKAGE}`)).json());
    for (const vendor of vendors) assert.ok(examples.includes(`"${vendor}"`), `${vendor} in ${examples}`);
  });

  it("loads only what registers the types until a flow has one, and then no package until the node needs it", () => {
    const script = `
      const { dirname, join } = require("node:path");
      const root = dirname(require.resolve("${PACKAGE}/package.json"));
      const loaded = () => Object.keys(require.cache).map((file) => file.split("node_modules/").at(-1).replace("${PACKAGE}/dist/", ""));
      for (const file of Object.values(require("${PACKAGE}/package.json")["node-red"].nodes)) require(join(root, file));
      const first = loaded();
      for (const [type, vendor] of ${JSON.stringify(Object.entries(nodeTypes()))}) require(join(root, "dist/nodes", vendor, type));
      console.log(JSON.stringify({ first, then: loaded() }));`;
    const { first, then } = JSON.parse(
      execFileSync(process.execPath, ["-e", script], { cwd: userDir, encoding: "utf8" }),
    ) as Record<"first" | "then", string[]>;
    assert.deepEqual(
      first.filter((file) => !vendors.some((vendor) => file === `nodes/${vendor}/${vendor}.js`)).toSorted(),
      [
        `${PACKAGE}/package.json`,
        "lib/webitel/tables.js",
        "lib/webitel/time.js",
        "nodes/shared/register.js",
        "nodes/shared/webhook/credentials.js",
      ],
    );
    assert.ok(then.length > first.length + types.length);
    assert.deepEqual(
      then.filter((file) => !/^(?:lib|nodes)\//.test(file) && file !== `${PACKAGE}/package.json`),
      [],
    );
  });

  it("can be used from strict TypeScript, with doc comments", () => {
    writeFileSync(join(userDir, "consumer.ts"), STRICT_CONSUMER);
    writeFileSync(
      join(userDir, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          target: "es2023",
          lib: ["es2023"],
          module: "nodenext",
          types: ["node"],
          typeRoots: [join(root, "node_modules/@types")],
          noEmit: true,
        },
        files: ["consumer.ts"],
      }),
    );
    execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", userDir], { encoding: "utf8" });
    const client = readFileSync(join(userDir, "node_modules", PACKAGE, "dist/lib/cti/index.d.ts"), "utf8");
    assert.match(client, /\/\*\* How to reach one broker\. \*\//);
  });

  it("can be used from plain JavaScript, by require and by import, and its errors are sentences", () => {
    const paths = Object.keys(manifest.exports).filter((path) => path !== "./package.json");
    assert.deepEqual(paths.map((path) => path.slice(2)).sort(), [...vendors].sort());
    const names = paths.map((path) => `${PACKAGE}${path.slice(1)}`);
    const check = `
      for (const part of parts) if (Object.keys(part).length < 3) throw new Error("nothing exported");
      const { readCommand } = parts[${paths.indexOf("./cti")}];
      try { readCommand({ command: "Dial", imAddress: "sip:a@b.example", number: "0031" }); }
      catch (error) { console.log(error.code, error.message); }`;
    const scripts: Record<string, string> = {
      "consumer.cjs": `const parts = ${JSON.stringify(names)}.map((name) => require(name));${check}`,
      "consumer.mjs":
        names.map((name, at) => `import * as part${at} from "${name}";\n`).join("") +
        `import { readCommand as named } from "${PACKAGE}/cti"; named;\n` +
        `const parts = [${names.map((_, at) => `part${at}`).join(", ")}];${check}`,
    };
    for (const [file, text] of Object.entries(scripts)) {
      writeFileSync(join(userDir, file), text);
      assert.match(
        execFileSync(process.execPath, [join(userDir, file)], { encoding: "utf8" }),
        /^EINVALID number begins with 00\. Write \+ instead/,
      );
    }
    assert.throws(
      () =>
        execFileSync(process.execPath, ["-e", `require("${PACKAGE}/dist/lib/http/rest.js")`], {
          cwd: userDir,
          stdio: "pipe",
        }),
      /ERR_PACKAGE_PATH_NOT_EXPORTED/,
    );
  });

  it("brings the simulators' command", () => {
    const command = join(userDir, "node_modules/.bin/contact-center-simulator");
    assert.ok(existsSync(command));
    assert.match(execFileSync(command, ["--help"], { encoding: "utf8" }), /contact-center-simulator/);
  });

  it("tests an example against its scenarios", () => {
    const pack = join(userDir, "node_modules", PACKAGE);
    const [flows, scenarios] = ["examples", "scenarios"].map((each) => join(pack, each, "smartrouting")) as [
      string,
      string,
    ];
    const file = readdirSync(scenarios).find((name) => name.startsWith("01")) ?? "";
    const asked = ["test", join(flows, file), join(scenarios, file), "--node-red", NODE_RED];
    const said = execFileSync(join(userDir, "node_modules/.bin/contact-center-simulator"), asked, { encoding: "utf8" });
    assert.match(said, /^4 scenarios, 0 failed/m);
  });
});
