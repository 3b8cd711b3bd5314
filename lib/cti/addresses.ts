/** Agent addresses and telephone numbers: the one form that the broker takes, or a refusal that says what to correct. */
import { type ContactCenterError, refused } from "./errors.js";

/** `sip:name@domain`, as the vendor documents `ImAddress`, with port and parameters. */
const SIP_ADDRESS = /^sip:[^\s@:;<>",]+@[^\s@:;<>",]+(?::\d{1,5})?(?:;[^\s@<>",]+)*$/i;
/** The part of an address that names the agent. */
const AGENT = /^[^@]*@[^:;]*/;
/** Marks that pasted text carries: soft hyphen, zero-width and direction marks, byte order mark. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
/** What mail programs and messengers write for a hyphen. */
const DASHES = /[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/g;
/** E.164: a country code never starts with zero. The lower bound keeps extensions and emergency numbers out. */
const E164 = /^\+[1-9]\d{7,14}$/;
const SEPARATORS = /[\s.\-/()]/g;

/** The key of an agent: neither case nor port nor parameters of an address make another agent, nor `sip:` left out. */
export function agentKey(imAddress: string): string {
  const folded = imAddress.trim().toLowerCase();
  const agent = AGENT.exec(folded)?.[0];
  return agent === undefined || agent.startsWith("sip:") ? (agent ?? folded) : `sip:${agent}`;
}

/**
 * Checks an agent's address (vendor document, Parameters: `ImAddress`).
 * @param value anything from a setting or message
 * @param operation what it is for, for the error
 * @param field the setting or property that holds it, for the error
 * @returns the address without blanks around it and invisible marks
 * @throws ContactCenterError `EINVALID`
 */
export function sipAddress(value: unknown, operation: string, field = "ImAddress"): string {
  const text = typeof value === "string" ? value.replace(INVISIBLE, "").trim() : "";
  if (SIP_ADDRESS.test(text)) return text;
  return refuse(text === "" ? "no-address" : "address", operation, field);
}

/**
 * Writes a telephone number as `Dial` wants it (vendor document, Notes: `tel:+<country code><number>`).
 * @param value optional `tel:`, then `+` and 8 to 15 digits, with blanks, dots, dashes, slashes and brackets among them,
 *   and the invisible marks that pasted text carries
 * @returns `tel:+` and the digits
 * @throws ContactCenterError `EINVALID`; a national number is never guessed into an international one
 */
export function telNumber(value: unknown, operation = "Dial", field = "number"): string {
  const text =
    typeof value === "string" || typeof value === "number"
      ? String(value)
          .replace(INVISIBLE, "")
          .replace(DASHES, "-")
          .trim()
          .replace(/^tel:\s*/i, "")
      : "";
  if (text === "") return refuse("no-number", operation, field);
  if (text.startsWith("00")) return refuse("number-00", operation, field);
  // "+44 (0)20 …" is dialled without the zero; with it, somebody else's phone rings.
  if (/\(\s*0\s*\)/.test(text)) return refuse("number-trunk", operation, field);
  if (!text.startsWith("+")) return refuse("number-national", operation, field);
  const digits = text.replace(SEPARATORS, "");
  return E164.test(digits) ? `tel:${digits}` : refuse("number", operation, field);
}

function refuse(key: string, operation: string, field: string): never {
  const error: ContactCenterError = refused(`cti.errors.${key}`, { vendor: "anywhere365", operation, field });
  throw error;
}
