/** National numbers to E.164. `libphonenumber-js` is loaded with the first upload that names a country. */
import { refused } from "./errors.js";

/**
 * Opens a reader of numbers.
 * @param country two letters (ISO 3166-1), such as `UA`: where a number without a country code is from
 * @returns from a number as people write it to E.164; undefined for one whose country code or length cannot exist, that would begin
 * with a trunk prefix behind its country code, or that has an extension. Numbering plans change before the library does: a
 * number that it only takes for invalid stays
 * @throws ContactCenterError `EINVALID` for a country that the library does not know
 */
export async function phoneReader(country: string): Promise<(number: string) => string | undefined> {
  const { isSupportedCountry, parsePhoneNumberFromString } = await import("libphonenumber-js");
  const code = country.toUpperCase();
  if (!isSupportedCountry(code))
    throw refused("webitel.errors.country", { vendor: "webitel", operation: "upload", field: "country" }, { country });
  return (number) => {
    const parsed = parsePhoneNumberFromString(number, { defaultCountry: code, extract: false });
    if (!parsed?.isPossible() || parsed.ext !== undefined) return undefined;
    // With a digit missing, the trunk prefix makes the length right. Italian numbers are valid with their leading zero.
    return parsed.nationalNumber.startsWith("0") && !parsed.isValid() ? undefined : parsed.number;
  };
}
