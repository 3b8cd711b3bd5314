/** The paths that a webhook can be reached at. */

/** The first segments of Node-RED's own addresses, below `httpAdminRoot`. */
const NODE_RED_SEGMENTS: ReadonlySet<string> = new Set(
  (
    "auth comms context credentials debug diagnostics favicon.ico flow flows icons inject library locales nodes plugins " +
    "projects red resources settings theme types vendor"
  ).split(" "),
);

/** True for a segment that clients resolve before they send it, however it is encoded (RFC 3986, section 5.2.4). */
export function isDotSegment(segment: string): boolean {
  return segment === "." || segment === "..";
}

/**
 * Tells whether a path can be called as it is written.
 * @param path as entered, with or without a leading slash
 * @returns what no caller could send: `?` and `#` end a path, `%` encodes, `:name` is no parameter here, a scheme makes it
 *   an address, and clients resolve `.`, `..` and `\` before they send; undefined when all is well
 */
export function unusablePart(path: string): string | undefined {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(path)?.[0];
  if (scheme !== undefined) return scheme;
  // oxlint-disable-next-line no-control-regex
  const character = /[?#%\\\u0000-\u001f\u007f]/.exec(path)?.[0];
  return character ?? path.split("/").find((segment) => segment.startsWith(":") || isDotSegment(segment));
}

/**
 * Tells whether a path belongs to Node-RED itself.
 * @param path below `httpAdminRoot`, with a leading slash
 */
export function isNodeRedPath(path: string): boolean {
  return NODE_RED_SEGMENTS.has((path.split("/")[1] ?? "").toLowerCase());
}

/** Decodes the segments of a path; an encoded slash stays encoded, as it parts no segments. */
export function decodePath(path: string): string {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path.replace(/%2f/gi, "%252F"));
  } catch {
    return path;
  }
}

/** As express compares paths: case, double slashes and a trailing slash do not matter. */
export function foldPath(path: string): string {
  const folded = path.includes("//") ? path.replace(/\/{2,}/g, "/") : path;
  return (folded.length > 1 && folded.endsWith("/") ? folded.slice(0, -1) : folded).toLowerCase();
}

/** A request's target without its scheme and host, which a server has to take as well (RFC 9112, section 3.2.2). */
export function originForm(target: string): string {
  if (target.startsWith("/")) return target;
  const inside = /^https?:\/\/[^/?#]*(.*)$/i.exec(target)?.[1];
  return inside === undefined || inside.startsWith("/") ? (inside ?? target) : `/${inside}`;
}
