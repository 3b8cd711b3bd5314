/** What a user gets: the packed tarball, installed into an empty user directory of a real Node-RED. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { makeUserDir, NodeRed } from "./support/node-red.js";

const root = resolve(__dirname, "..");
const NAME = "@contact-center/node-red-contrib-contact-center";
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  "node-red": { nodes: Record<string, string> };
  exports: Record<string, unknown>;
};
/** What an integrator may write without Node-RED: each vendor's client or reader, typed. */
const STRICT_CONSUMER = `
import { createCtiClient, readCommand, ContactCenterError, type CtiClient } from "${NAME}/cti";
import { createWebitelClient, type Agent, type Member } from "${NAME}/webitel";
import { createRteClient, tokenLogin, EVENT_NAMES, type EventName, type RteEvent } from "${NAME}/rte";
import { answerBody, readRequest as readCall } from "${NAME}/smartrouting";
import { answerBody as layerAnswer, readRequest as readLayer, type Action } from "${NAME}/voicenter";

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
const types = Object.keys(manifest["node-red"].nodes);
const vendorOf = (type: string): string => (manifest["node-red"].nodes[type] as string).split("/").at(-2) as string;

describe("the packed tarball", function () {
  this.timeout(120_000);
  let folder: string;
  let userDir: string;
  let red: NodeRed;
  let packed: { filename: string; size: number; unpackedSize: number; files: { path: string }[] };

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
    assert.ok(packed.size < 325 * 1024, `${packed.size} bytes packed`);
    assert.ok(packed.unpackedSize < 1.25 * 1024 ** 2, `${packed.unpackedSize} bytes`);
    const odd = packed.files
      .map(({ path }) => path)
      .filter(
        (path) =>
          !/^(?:dist|resources|examples)\/|^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(path) ||
          (/\.ts$|\.test\./.test(path) && !/^dist\/lib\/.+\.d\.ts$/.test(path)),
      );
    assert.deepEqual(odd, []);
    for (const file of ["README.md", "LICENSE"])
      assert.ok(
        packed.files.some(({ path }) => path === file),
        file,
      );
  });

  it("brings every node, without an error", async () => {
    const sets = (await (await fetch(`${red.url}/nodes`, { headers: { Accept: "application/json" } })).json()) as {
      module: string;
      types: string[];
      enabled: boolean;
      err?: unknown;
    }[];
    const own = sets.filter((set) => set.module === NAME);
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
      const script = join(userDir, "node_modules", NAME, manifest["node-red"].nodes[type] as string);
      // A missing icon is answered with core's own, so the file is looked for.
      assert.match(readFileSync(join(script, "..", "icons", `${vendorOf(type)}.svg`), "utf8"), /viewBox="0 0 40 60"/);
      const catalogue = (await (await fetch(`${red.url}/locales/${NAME}/${type}?lng=en-US`)).json()) as Record<
        string,
        unknown
      >;
      assert.ok("shared" in catalogue, type);
    }
    assert.ok(!html.includes("<!-- include"));
    const icons = (await (await fetch(`${red.url}/icons`)).json()) as Record<string, string[]>;
    assert.deepEqual(
      [...(icons[NAME] ?? [])].sort(),
      [...new Set(types.map((type) => `${vendorOf(type)}.svg`))].sort(),
    );
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
    const examples = JSON.stringify(await (await fetch(`${red.url}/library/examples/flows/${NAME}`)).json());
    for (const vendor of new Set(types.map(vendorOf)))
      assert.ok(examples.includes(`"${vendor}"`), `${vendor} in ${examples}`);
  });

  it("loads no package until a node needs it", () => {
    const script = `
      const { nodes } = require("${NAME}/package.json")["node-red"];
      for (const file of Object.values(nodes)) require(require.resolve("${NAME}/package.json").replace("package.json", file));
      const loaded = Object.keys(require.cache).map((file) => file.split("node_modules/").at(-1));
      console.log(JSON.stringify(loaded.filter((file) => !file.startsWith("${NAME}/"))));`;
    const loaded = execFileSync(process.execPath, ["-e", script], { cwd: userDir, encoding: "utf8" });
    assert.deepEqual(JSON.parse(loaded), []);
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
    const client = readFileSync(join(userDir, "node_modules", NAME, "dist/lib/cti/client.d.ts"), "utf8");
    assert.match(client, /\/\*\* How to reach one broker\. \*\//);
  });

  it("can be used from plain JavaScript, by require and by import, and its errors are sentences", () => {
    const paths = Object.keys(manifest.exports).filter((path) => path !== "./package.json");
    assert.deepEqual(paths.map((path) => path.slice(2)).sort(), [...new Set(types.map(vendorOf))].sort());
    const names = paths.map((path) => `${NAME}${path.slice(1)}`);
    const check = `
      for (const part of parts) if (Object.keys(part).length < 3) throw new Error("nothing exported");
      const { readCommand } = parts[${paths.indexOf("./cti")}];
      try { readCommand({ command: "Dial", imAddress: "sip:a@b.example", number: "0031" }); }
      catch (error) { console.log(error.code, error.message); }`;
    const scripts: Record<string, string> = {
      "consumer.cjs": `const parts = ${JSON.stringify(names)}.map((name) => require(name));${check}`,
      "consumer.mjs":
        names.map((name, at) => `import * as part${at} from "${name}";\n`).join("") +
        `import { readCommand as named } from "${NAME}/cti"; named;\n` +
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
        execFileSync(process.execPath, ["-e", `require("${NAME}/dist/lib/http/rest.js")`], {
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
});
