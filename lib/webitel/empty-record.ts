/** Objects of rows. Free of node builtins: the editor's preview uses them too. */

/**
 * An empty object, whose fields are to be set one by one. For a literal with fields, and for `[]`, V8 learns how long its objects
 * live: when most of an upload's first rows survive a collection, it puts all later ones into its old generation at once, which a list
 * then fills, although a row lives for some milliseconds.
 */
export const emptyRecord = (): object => ({});
