/** Which requests go first. */

/**
 * In this order. A `probe` is sent while paused, too. What a person or a deploy `asked` for is not limited per minute: no
 * fault of the broker causes it.
 */
export type Priority = "probe" | "asked" | "urgent" | "later";
