/** All pages of one of Webitel's lists. */
import { ContactCenterError } from "../core/errors.js";

/** More pages than this are a fault of the server, not a list. */
const MAX_PAGES = 10_000;

/** What a list answers; both may be missing (default values are left out). */
export interface Page {
  next?: boolean;
  items?: { id?: string }[];
}

/**
 * Reads page after page, as long as the server says that there is another one.
 * @param operation the vendor's name of the list, for errors
 * @param fetchPage asks for a page; the first is 1
 * @returns the pages' items
 * @throws ContactCenterError `EPAGING` when the server gives the same page again or never ends
 */
export async function* pages<Item extends { id?: string }>(
  operation: string,
  fetchPage: (page: number) => Promise<unknown>,
): AsyncGenerator<Item[]> {
  const fail = (key: string): ContactCenterError =>
    new ContactCenterError("EPAGING", key, { vendor: "webitel", operation }, { operation });
  let before: string | undefined;
  for (let page = 1; page <= MAX_PAGES; page++) {
    const answer = await fetchPage(page);
    if (answer === null || typeof answer !== "object" || Array.isArray(answer)) throw fail("webitel.errors.no-list");
    const { items = [], next } = answer as Page;
    if (!Array.isArray(items)) throw fail("webitel.errors.no-list");
    const face = items.map((item) => item.id).join();
    if (page > 1 && items.length > 0 && face === before) throw fail("webitel.errors.same-page");
    before = face;
    if (items.length > 0) yield items as Item[];
    if (next !== true || items.length === 0) return;
  }
  throw fail("webitel.errors.endless");
}
