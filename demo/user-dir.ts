/** Node-RED's user directory of the demo: the pack linked in, and the examples as its flows. */
import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type FlowNode, layOut, readExamples } from "./examples.js";
import { packageRoot } from "../simulators/package-root.js";
import { SIMULATORS } from "../simulators/all.js";

const FLOWS = "flows.json";

/** A prepared directory. */
export interface UserDir {
  readonly path: string;
  /** What its credentials file is encrypted with. */
  readonly credentialSecret: string;
  /** Removes a temporary directory whose flows were not changed; returns what the user should know. */
  close(): string[];
}

/**
 * Prepares a directory. Flows that are already there stay as they are.
 * @param asked a directory to keep; empty = a new one among the temporary files
 */
export function prepareUserDir(asked: string): UserDir {
  const path = asked === "" ? mkdtempSync(join(tmpdir(), "contact-center-demo-")) : resolve(asked);
  mkdirSync(path, { recursive: true });
  linkPack(path);
  const credentialSecret = secretOf(path);
  const file = join(path, FLOWS);
  if (!existsSync(file)) {
    const flow = layOut(readExamples());
    writeFileSync(file, JSON.stringify(flow, null, 4));
    writeFileSync(join(path, "flows_cred.json"), JSON.stringify(encrypted(demoCredentials(flow), credentialSecret)));
  }
  const first = readFileSync(file, "utf8");
  return {
    path,
    credentialSecret,
    close() {
      if (asked !== "") return [];
      if (readFileSync(file, "utf8") === first) {
        rmSync(path, { recursive: true, force: true });
        return [];
      }
      return [`Your changed flows are in ${path}: npm start -- --user-dir ${path} opens them again.`];
    },
  };
}

function linkPack(userDir: string): void {
  const { name } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { name: string };
  const manifest = join(userDir, "package.json");
  if (!existsSync(manifest))
    writeFileSync(
      manifest,
      JSON.stringify({ name: "contact-center-demo", private: true, dependencies: { [name]: "*" } }),
    );
  const link = join(userDir, "node_modules", name);
  if (existsSync(link)) return;
  mkdirSync(dirname(link), { recursive: true });
  // A link left by a clone that is gone would be in the way.
  rmSync(link, { force: true });
  symlinkSync(packageRoot(), link, "junction");
}

/** A secret of the directory's own, made once. */
function secretOf(userDir: string): string {
  const file = join(userDir, ".credential-secret");
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("hex"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

/** As Node-RED writes its credentials file. */
function encrypted(credentials: object, secret: string): { $: string } {
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-256-ctr", createHash("sha256").update(secret).digest(), iv);
  return {
    $: iv.toString("hex") + cipher.update(JSON.stringify(credentials), "utf8", "base64") + cipher.final("base64"),
  };
}

/** Credentials by node id. They open nothing but the simulators. */
function demoCredentials(flow: readonly FlowNode[]): Record<string, object> {
  const byType = new Map(SIMULATORS.flatMap(({ credentials }) => Object.entries(credentials ?? {})));
  const credentials: Record<string, object> = {};
  for (const { id, type } of flow) {
    const needed = byType.get(type);
    if (needed !== undefined) credentials[id] = needed;
  }
  return credentials;
}
