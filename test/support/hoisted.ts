/** A user directory as npm makes it where another pack brought `tough-cookie` 2.5: it lies where SignalR looks for its own. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { PACKAGE } from "./node-red.js";

const root = resolve(__dirname, "../..");

/** Copies the built pack and its dependencies side by side, with an old cookie library in their midst. */
export function installedWithOldCookies(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "cc-hoisted-"));
  const modules = join(path, "node_modules");
  writeFileSync(
    join(path, "package.json"),
    JSON.stringify({ name: "user", private: true, dependencies: { [PACKAGE]: "*" } }),
  );
  const pack = join(modules, PACKAGE);
  mkdirSync(pack, { recursive: true });
  for (const part of ["dist", "resources", "package.json"])
    cpSync(join(root, part), join(pack, part), { recursive: true });
  // Copied and not linked: a link would be resolved to where the right cookie library is.
  cpSync(join(root, "node_modules/@microsoft/signalr"), join(modules, "@microsoft/signalr"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (
      name.startsWith(".") ||
      ["@microsoft", "@contact-center", "tough-cookie", "fetch-cookie", "node-red"].includes(name)
    )
      continue;
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
  cpSync(join(root, "node_modules/fetch-cookie"), join(modules, "fetch-cookie"), { recursive: true });
  const old = join(modules, "tough-cookie");
  mkdirSync(old, { recursive: true });
  // What matters of 2.5: it is found, and it lacks what SignalR's own http client asks of version 4.
  writeFileSync(
    join(old, "package.json"),
    JSON.stringify({ name: "tough-cookie", version: "2.5.0", main: "index.js" }),
  );
  writeFileSync(join(old, "index.js"), "exports.CookieJar = function CookieJar() {};\n");
  const { version } = JSON.parse(readFileSync(join(old, "package.json"), "utf8")) as { version: string };
  if (version !== "2.5.0" || dirname(old) !== modules) throw new Error("the old cookie library is not in place");
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
