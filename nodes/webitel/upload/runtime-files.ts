/** Files of Node-RED itself, and of this pack: a file for refused rows of such a name would take their place. */
import { realpath } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, parse, relative, resolve, sep } from "node:path";

/** What Node-RED's settings say of its files. */
export interface RuntimeSettings {
  userDir?: string | undefined;
  flowFile?: string | undefined;
  settingsFile?: string | undefined;
  /** Folders that Node-RED loads nodes from. */
  nodesDir?: string | readonly string[] | undefined;
}

/** In the user directory: folders, those of nodes and of the library included, hidden files, the list of installed packs, and projects' flows. */
const OWN =
  /^(?:(?:contact-center|context|lib|node_modules|nodes|\.[^./][^/]*)(?:\/|$)|(?:package(?:-lock)?\.json|settings\.js)$|projects\/.*\.json$)/;

/** Code and pages, which Node-RED or settings.js may load, and lists of packs and settings, wherever they are: no list of rows has such a name. */
const CODE = /\.(?:[cm]?[jt]s|node|json|html?)$/;

/** By its folder's own name, and in lower case, because some systems do not tell names by case. */
const nameOf = async (path: string): Promise<string> => {
  const folder = dirname(resolve(path));
  return join(await realpath(folder).catch(() => folder), basename(path)).toLowerCase();
};

/** Whether a path is one of these files, or in a folder of them. @param path absolute */
export async function isRuntimeFile(path: string, settings: RuntimeSettings): Promise<boolean> {
  const { userDir = ".", nodesDir = [], flowFile = `flows_${hostname()}.json`, settingsFile = "" } = settings;
  const { name, ext } = parse(flowFile);
  const file = await nameOf(path);
  if (CODE.test(file)) return true;
  // Node-RED takes a flow file of its working directory before that of the user directory.
  const own = [settingsFile, flowFile, resolve(userDir, flowFile), resolve(userDir, `${name}_cred${ext}`)];
  if ((await Promise.all(own.map(nameOf))).includes(file)) return true;
  const within = async (folder: string): Promise<string> =>
    relative(dirname(await nameOf(join(folder, "x"))), file).replaceAll(sep, "/");
  const places = await Promise.all([nodesDir].flat().map(within));
  return places.some((place) => !place.startsWith("../")) || OWN.test(await within(userDir));
}
