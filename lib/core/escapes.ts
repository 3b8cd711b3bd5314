/** Characters as JSON may write them. */

/** `\u000a` for a line feed: a character that neither breaks a line, colours a terminal nor hides. @param character one UTF-16 unit */
export const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
