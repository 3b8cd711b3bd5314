/** The names that a header can have. */

/** True for a "token" of RFC 9110, section 5.6.2, but for the one that no object has: what no request can carry is false. */
export function isHeaderName(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text) && text.toLowerCase() !== "__proto__";
}
