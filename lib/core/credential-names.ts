/** The one list of names that say that their value is a credential: of headers, properties, parameters and settings. */

/** Words that say so wherever they stand in a name. */
const ANYWHERE = [
  "passw",
  "passphrase",
  "passcode",
  "secret",
  "token",
  "cookie",
  "credential",
  "authori[sz]ation",
  "authentication",
  "bearer",
  "jwt",
  "(?:api|access|private)_?key",
  "key_?(?:ring|store|chain|pair|file|material)",
];
/** Those that other words contain, such as `compass`, `shipping` and `author`: they count as a word of their own. */
const AS_WORD = ["auth", "authz", "oauth", "otp", "pass", "pin", "pwd", "keys"];

/** `key` alone is that of an event, a table or a keyboard; behind another word it is a credential. */
const CREDENTIAL_NAME = new RegExp(`${ANYWHERE.join("|")}|(?:^|[^a-z])(?:${AS_WORD.join("|")})(?:[^a-z]|$)|.keys?$`);

/** True when a name says that its value is a credential. @param name in any case, its words parted in any way */
export const isCredentialName = (name: string): boolean => CREDENTIAL_NAME.test(wordsOf(name));

/** `userPwd` and `user-pwd` as `user_pwd`. */
const wordsOf = (name: string): string =>
  name
    .replace(/([a-z\d])(?=[A-Z])/g, "$1_")
    .replaceAll("-", "_")
    .toLowerCase();
