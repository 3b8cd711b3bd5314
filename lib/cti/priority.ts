/** Which requests go first. */

/**
 * A `probe` is sent while paused, too. An `urgent` request goes before those that were `asked` for, a `later` one after
 * them. What a person or a deploy `asked` for is not limited per minute: no fault of the broker causes it.
 */
export type Priority = "probe" | "asked" | "urgent" | "later";
