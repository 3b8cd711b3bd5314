/** How an environment variable is written in a setting: `${NAME}`, `${NAME:-text}`, and `$(NAME)` as a whole text. Runs in the editor too. */

/** Each `${`, with what follows up to its brace where there is one; and `$(NAME)` as a whole text, which Node-RED takes too. */
const VARIABLE = /\$\{(?:((?:(?!\$\{)[^}])*)\})?|^\$\((\S+)\)$/g;

/** A text that is nothing but a variable. */
const WHOLE = /^(?:\$\{(?:(?!\$\{)[^}])*\}|\$\(\S+\))$/;

/** A variable, as a text names it. */
export interface NamedVariable {
  /** Blank where the text is unfinished: `${` without its `}`, or `${}`. */
  name: string;
  /** What counts where it is not set, or set to nothing. */
  preset: string | undefined;
}

/**
 * Replaces each variable of a text.
 * @param valueOf what takes the place of a variable
 */
export function replaceVariables(text: string, valueOf: (variable: NamedVariable) => string): string {
  return text.replace(VARIABLE, (_, braced: string | undefined, old: string | undefined) => {
    if (old !== undefined) return valueOf({ name: old, preset: undefined });
    const [, name = braced ?? "", preset] = /^([^:]*):-(.*)$/s.exec(braced ?? "") ?? [];
    return valueOf({ name: name.trim() === "" ? "" : name, preset });
  });
}

/** The names in a text; a blank one for each that is unfinished. */
export function variablesIn(text: string): string[] {
  const names: string[] = [];
  replaceVariables(text, ({ name }) => {
    names.push(name);
    return "";
  });
  return names;
}

/** True where a text has `${` without its `}`, or `${}`. */
export const isUnfinished = (text: string): boolean => variablesIn(text).includes("");

/** True for a text that is nothing but a variable. */
export const isVariable = (text: string): boolean => WHOLE.test(text);
