/**
 * The one error of this pack: what failed, at which vendor, at which field, with a stable code.
 *
 * `lib` speaks no human language: an error carries the key of a sentence in the locale catalogue and the words that fill
 * it. `nodes/shared/input.ts` puts the sentence in place before the error leaves a node.
 */

/** The vendors, as `msg.call.vendor` and `msg.event.vendor` name them. */
export type Vendor = "enreach" | "anywhere365" | "webitel" | "voicenter";

/** Plain data that reaches a Catch node as `msg.error.cause`. It never holds a secret. */
export interface ErrorCause {
  vendor: Vendor;
  /** What was attempted, in the vendor's own word, such as `Subscribe` or `CreateMemberBulk`. */
  operation: string;
  /** The vendor's own identifier of the error, such as `app.member.valid.queue`. */
  id?: string;
  /** The setting or field that is wrong. */
  field?: string;
  [detail: string]: unknown;
}

/** Values that fill the placeholders of a catalogue sentence. */
export type ErrorParams = Record<string, string | number | boolean | undefined>;

/** Codes that do not come from the vendor or from the network. */
export const REFUSED = "EINVALID";
/** The node or connection was closed before the work was done. */
export const CLOSED = "ECLOSED";

/** An error that an integrator can act on. `code` is the vendor's HTTP status as a number, else a word in capitals. */
export class ContactCenterError extends Error {
  override readonly name = "ContactCenterError";
  readonly code: number | string;
  override readonly cause: ErrorCause;
  /** Key of the sentence in the merged locale catalogue, such as `shared.errors.timeout`. */
  readonly key: string;
  /** What fills the sentence. */
  readonly params: ErrorParams;

  constructor(code: number | string, key: string, cause: ErrorCause, words: ErrorParams = {}) {
    super(`${key} ${JSON.stringify({ ...words, field: cause.field })}`);
    this.code = code;
    this.key = key;
    this.cause = cause;
    this.params = words;
  }
}

/**
 * A refusal before anything was sent: the code is `EINVALID`.
 * @param key catalogue key of the sentence
 * @param cause where it happened; `field` names the setting or property to mend
 * @param words what fills the sentence
 */
export function refused(key: string, cause: ErrorCause, words: ErrorParams = {}): ContactCenterError {
  return new ContactCenterError(REFUSED, key, cause, { field: cause.field, ...words });
}

/**
 * Removes secrets from a text that came from outside.
 * @param text what a server or library said
 * @param secrets values that must not appear; empty ones are ignored
 * @returns the text with every secret, plain or percent-encoded, replaced by `[redacted]`
 */
export function redact(text: string, secrets: readonly (string | undefined)[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (!secret) continue;
    for (const form of new Set([secret, encodeURIComponent(secret)])) clean = clean.replaceAll(form, "[redacted]");
  }
  return clean;
}
