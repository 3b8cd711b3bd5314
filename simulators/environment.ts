/** What somebody with a Node-RED of his own has to set and to enter, as printed lines. Pure. */
import { SIMULATORS } from "./all.js";

/**
 * Lines that set environment variables, to be pasted into the terminal that starts Node-RED.
 * @param env values by name
 * @param platform as `process.platform`; `win32` gets PowerShell's form, every other one a POSIX shell's
 */
export function environmentLines(env: Readonly<Record<string, string>>, platform: string): string[] {
  const line =
    platform === "win32"
      ? (name: string, value: string) => `$env:${name} = '${value.replaceAll("'", "''")}'`
      : (name: string, value: string) => `export ${name}='${value.replaceAll("'", "'\\''")}'`;
  return Object.entries(env).map(([name, value]) => line(name, value));
}

/** One line per config node: what its form asks for, by the setting's name in words. */
export function credentialLines(): string[] {
  const rows = SIMULATORS.flatMap(({ credentials }) => Object.entries(credentials ?? {}));
  return rows.map(
    ([type, fields]) =>
      `  ${`${type}:`.padEnd(22)}${Object.entries(fields)
        .map(([field, value]) => `${field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${value}`)
        .join(", ")}`,
  );
}
