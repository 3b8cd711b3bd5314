/** What Webitel answers besides errors, and its lists, page by page. */
import { ContactCenterError, type ErrorParams, isErrorBody, NO_LIST, readWebitelError } from "./errors.js";

/**
 * The same answer, unless it is an error: some gateway may say one with 200.
 * @throws ContactCenterError `EANSWER` with what the error says
 */
export function noError(operation: string, answer: unknown): unknown {
  if (!isErrorBody(answer)) return answer;
  const { id, detail = "" } = readWebitelError(200, answer) ?? {};
  throw new ContactCenterError(
    "EANSWER",
    "webitel.errors.error-answer",
    { vendor: "webitel", operation, ...(id !== undefined && { id }), detail },
    { operation, detail },
  );
}

/** More pages than this are a fault of the server, not a list. */
const MAX_PAGES = 1000;

/** What a list answers; both may be missing (default values are left out). */
export interface Page {
  next?: boolean;
  items?: unknown[] | null;
}

/**
 * Reads page after page, as long as the server says that there is another one.
 * @param operation the vendor's name of the list, for errors
 * @param fetchPage asks for a page; the first is 1
 * @param most pages
 * @returns the pages' items
 * @throws ContactCenterError `EANSWER` for what is no list, such as a log-in page; `EPAGING` when the server gives the same page again,
 * announces a page behind an empty one, or never ends
 */
export async function* pages<Item>(
  operation: string,
  fetchPage: (page: number) => Promise<unknown>,
  most = MAX_PAGES,
): AsyncGenerator<Item[]> {
  const fail = (key: string, code = "EPAGING", params: ErrorParams = {}): ContactCenterError =>
    new ContactCenterError(code, key, { vendor: "webitel", operation }, { operation, ...params });
  let before: string | undefined;
  for (let page = 1; page <= most; page++) {
    const answer = noError(operation, await fetchPage(page));
    if (answer === null || typeof answer !== "object" || Array.isArray(answer)) throw fail(NO_LIST, "EANSWER");
    const { items: given, next } = answer as Page;
    // Go writes an empty list as null.
    const items = given ?? [];
    if (!Array.isArray(items)) throw fail(NO_LIST, "EANSWER");
    // Not by id: a list of other fields has none.
    const content = JSON.stringify(items);
    if (page > 1 && items.length > 0 && content === before) throw fail("webitel.errors.same-page");
    before = content;
    if (items.length > 0) yield items as Item[];
    if (next !== true) return;
    if (items.length === 0) throw fail("webitel.errors.empty-page");
  }
  throw fail("webitel.errors.endless", "EPAGING", { pages: most });
}
