/**
 * The one error of this pack: what failed, at which vendor, at which field, with a stable code and an English sentence.
 *
 * The sentences stand in catalogues, `lib/<folder>/locales/en-US.json`; a vendor's are added by its `errors.ts`, from
 * which its other files take {@link ContactCenterError} and {@link refused}. `nodes/shared/input.ts` puts the sentence of
 * the editor's language in place before an error leaves a node.
 */
import sentencesOfCore from "./locales/en-US.json";

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

/** Values that fill the placeholders of a sentence, by name. */
export type ErrorParams = Record<string, string | number | boolean | undefined>;

/** Sentences by key, nested as in the locale catalogues; `__name__` is a placeholder. */
export interface Sentences {
  [name: string]: string | Sentences;
}

const sentences = new Map<string, string>();

/**
 * Adds sentences, so that errors with their keys speak English.
 * @param added the keys must be new; the outermost name is that of the folder, such as `rte`
 */
export function addSentences(added: Sentences, prefix = ""): void {
  for (const [name, content] of Object.entries(added)) {
    if (typeof content === "string") sentences.set(prefix + name, content);
    else addSentences(content, `${prefix}${name}.`);
  }
}

addSentences(sentencesOfCore);

/**
 * The values of an error's sentence as text.
 * @returns by placeholder: vendor (its name), operation and field of the cause, and the error's own
 */
export function placeholders({ cause, params }: Pick<ContactCenterError, "cause" | "params">): Record<string, string> {
  const vendor = sentences.get(`vendor.${cause.vendor}`);
  const values: ErrorParams = { vendor, operation: cause.operation, field: cause.field, ...params };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value ?? "")]));
}

/** The English sentence of an error; its key and values where no catalogue has it. */
function english(key: string, cause: ErrorCause, params: ErrorParams): string {
  const values = placeholders({ cause, params });
  const sentence = sentences.get(key);
  if (sentence === undefined) return `${key} ${JSON.stringify(values)}`;
  return sentence.replaceAll(/__(\w+?)__/g, (placeholder, name: string) => values[name] ?? placeholder).trim();
}

/** Codes that do not come from the vendor or from the network. */
export const REFUSED = "EINVALID";
/** The node or connection was closed before the work was done. */
export const CLOSED = "ECLOSED";

/** An error that an integrator can act on. `code` is the vendor's HTTP status as a number, else a word in capitals. */
export class ContactCenterError extends Error {
  override readonly name = "ContactCenterError";
  readonly code: number | string;
  override readonly cause: ErrorCause;
  /** Key of the sentence in the catalogues, such as `shared.errors.http.401`: for those who translate it. */
  readonly key: string;
  /** What fills the sentence, beside the vendor, the operation and the field of the cause. */
  readonly params: ErrorParams;

  constructor(code: number | string, key: string, cause: ErrorCause, params: ErrorParams = {}) {
    super(english(key, cause, params));
    this.code = code;
    this.key = key;
    this.cause = cause;
    this.params = params;
  }
}

/**
 * A refusal before anything was sent: the code is `EINVALID`.
 * @param key key of the sentence
 * @param cause where it happened; `field` names the setting or property to correct
 * @param params what else fills the sentence
 */
export function refused(key: string, cause: ErrorCause, params: ErrorParams = {}): ContactCenterError {
  return new ContactCenterError(REFUSED, key, cause, params);
}
