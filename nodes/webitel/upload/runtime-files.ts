/** Files of Node-RED itself, and of this pack: a file for refused rows of such a name would take their place. */
import { realpath } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, parse, relative, resolve, sep } from "node:path";

/** What Node-RED's settings say of its files. */
export interface RuntimeSettings {
  userDir?: string | undefined;
  flowFile?: string | undefined;
  settingsFile?: string | undefined;
  nodesDir?: string | string[] | undefined;
}

/** In the user directory: folders, hidden files, the list of installed packs, and projects' flows. */
const OWN =
  /^(?:(?:contact-center|context|lib|nodes|\.[^./][^/]*)(?:\/|$)|(?:package(?:-lock)?\.json|settings\.js)$|projects\/.*\.json$)/;
/** Packages, wherever they are. */
const PACKAGES = /(?:^|\/)node_modules(?:\/|$)/;

/** Nothing runs a file with such an ending: what a flow's columns and cells hold never becomes code. */
const TABLE = /[^/\\]\.(?:csv|tsv|txt)$/i;

/** Whether a path ends as a table does. */
export const isTableName = (path: string): boolean => TABLE.test(path);

/** A path by its folder's own name, without links to it. */
export async function withoutLinks(path: string): Promise<string> {
  const folder = dirname(resolve(path));
  return join(await realpath(folder).catch(() => folder), basename(path));
}

/** In lower case, because some systems do not tell names by case. */
const nameOf = async (path: string): Promise<string> => (await withoutLinks(path)).toLowerCase();

/** Whether a path is one of these files, or in a folder of them. @param path absolute */
export async function isRuntimeFile(path: string, settings: RuntimeSettings): Promise<boolean> {
  const { userDir = ".", flowFile = `flows_${hostname()}.json`, settingsFile = "" } = settings;
  const { name, ext } = parse(flowFile);
  const file = await nameOf(path);
  // Node-RED takes a flow file of its working directory before that of the user directory.
  const own = [settingsFile, flowFile, resolve(userDir, flowFile), resolve(userDir, `${name}_cred${ext}`)];
  if ((await Promise.all(own.map(nameOf))).includes(file)) return true;
  if (PACKAGES.test(file.replaceAll(sep, "/"))) return true;
  const within = async (folder: string): Promise<string> =>
    relative(dirname(await nameOf(join(folder, "x"))), file).replaceAll(sep, "/");
  const ofNodes = await Promise.all([settings.nodesDir ?? []].flat().map(within));
  return ofNodes.some((path) => !/^(?:\.\.(?:\/|$)|\/|[a-z]:)/.test(path)) || OWN.test(await within(userDir));
}
