/** National numbers to E.164. `libphonenumber-js` is loaded with the first upload that names a country. */
import { refused } from "./errors.js";

/** More digits has no country's number: what its plan allows beyond them are extensions. */
const NATIONAL_DIGITS = 11;

/** A number in E.164, or the reason why there is none (a key under `webitel-dialer-member-upload.rows`). */
export type E164 = { number: string } | { key: string };

/**
 * Opens a reader of numbers.
 * @param country two letters (ISO 3166-1), such as `UA`: where a number without a country code is from
 * @returns from a number as people write it to E.164. `impossible` is one whose country code or length cannot exist, that would begin
 * with a trunk prefix behind its country code, or that has an extension. Numbering plans change before the library does: a
 * number that it only takes for invalid stays. `two-numbers` may begin with the country code or with the same digits of an area
 * @throws ContactCenterError `EINVALID` for a country that the library does not know
 */
export async function phoneReader(country: string): Promise<(number: string) => E164> {
  const { isSupportedCountry, parsePhoneNumberFromString } = await import("libphonenumber-js");
  const code = country.toUpperCase();
  if (!isSupportedCountry(code))
    throw refused("webitel.errors.country", { vendor: "webitel", operation: "upload", field: "country" }, { country });
  return (number) => {
    const parsed = parsePhoneNumberFromString(number, { defaultCountry: code, extract: false });
    if (!parsed?.isPossible() || parsed.ext !== undefined) return { key: "impossible" };
    const { nationalNumber, countryCallingCode, number: e164 } = parsed;
    // With a digit missing, the trunk prefix makes the length right. Italian numbers are valid with their leading zero.
    if (nationalNumber.startsWith("0") && !parsed.isValid()) return { key: "impossible" };
    const digits = number.replace(/\D/g, "");
    const isBare = !number.startsWith("+") && nationalNumber === digits && digits.startsWith(countryCallingCode);
    if (!isBare || parsePhoneNumberFromString(`+${digits}`)?.isValid() !== true) return { number: e164 };
    return parsed.isValid() && digits.length <= NATIONAL_DIGITS ? { key: "two-numbers" } : { number: `+${digits}` };
  };
}
