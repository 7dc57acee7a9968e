/** Named classes of SIMILAR TO as java.util.regex has them. */
const namedClasses: Readonly<Record<string, string>> = {
  ALPHA: '\\p{Alpha}',
  UPPER: '\\p{Upper}',
  LOWER: '\\p{Lower}',
  DIGIT: '\\d',
  ALNUM: '\\p{Alnum}',
  SPACE: ' ',
  WHITESPACE: '\\s',
};

/** What an escape character may stand before. */
const special = new Set('[]()|^-+*_%?{}');

/**
 * A pattern of SIMILAR TO as a pattern of java.util.regex for the whole text. `%` is any text, `_` any character,
 * backslash and dollar are themselves; the rest is a regular expression, also the dot, as in Flink.
 *
 * @throws Error for an escape character that stands before nothing or a character without a meaning, a class of no name
 */
export function similarToRegex(pattern: string, escapeCharacter: string | null): string {
  let regex = '';
  const characters = Array.from(pattern);
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!;
    if (character === escapeCharacter) {
      const next = characters[++at];
      if (next === undefined || !(special.has(next) || next === escapeCharacter)) {
        throw new Error(
          `invalid escape sequence in ${JSON.stringify(pattern)}: it may stand before one of ${[...special].join('')}`,
        );
      }
      regex += `\\${next}`;
    } else if (character === '%') regex += '.*';
    else if (character === '_') regex += '.';
    else if (character === '[') {
      const end = classEnd(characters, at);
      regex += characters
        .slice(at, end)
        .join('')
        .replace(/\[:(\w+):\]/g, (text, name: string) => {
          const named = namedClasses[name.toUpperCase()];
          if (named === undefined) throw new Error(`there is no class ${text} in ${JSON.stringify(pattern)}`);
          return named;
        });
      at = end - 1;
    } else if (character === ']') {
      throw new Error(`"]" without "[" in ${JSON.stringify(pattern)}`);
    } else regex += character === '\\' || character === '$' ? `\\${character}` : character;
  }
  return `(?s)\\A(?:${regex})\\z`;
}

/** The place behind the `]` that closes a class. */
function classEnd(characters: readonly string[], from: number): number {
  for (let at = from + 1; at < characters.length; at++) {
    if (characters[at] === '[' && characters[at + 1] === ':') {
      const end = characters.indexOf(']', at + 1);
      if (end < 0) return characters.length;
      at = end;
    } else if (characters[at] === ']' && at > from + 1) return at + 1;
  }
  return characters.length;
}
