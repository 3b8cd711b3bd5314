/** The Node-RED in which this code runs. */
import { resolve } from "node:path";

const MAIN = /[\\/]node-red[\\/]lib[\\/]red\.js$/;

/**
 * The folder of the running package `node-red`: it is in memory, however it was started.
 * @param files that are loaded
 * @returns undefined where it was loaded in another way
 */
export function ownNodeRed(files: readonly string[] = Object.keys(require.cache)): string | undefined {
  const main = files.find((file) => MAIN.test(file));
  return main === undefined ? undefined : resolve(main, "../..");
}
