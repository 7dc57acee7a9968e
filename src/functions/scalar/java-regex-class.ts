/**
 * The named classes of characters of java.util.regex as classes of JavaScript (`v` flag): `\p{Alpha}`, `\p{IsGreek}`,
 * `\p{javaLowerCase}`, `\d`. Source: the documentation of java.util.regex.Pattern, Java 17.
 */

/** POSIX classes: ASCII, and what they are under UNICODE_CHARACTER_CLASS. */
const posix: Readonly<Record<string, readonly [ascii: string, unicode: string]>> = {
  Lower: ['[a-z]', '\\p{Lowercase}'],
  Upper: ['[A-Z]', '\\p{Uppercase}'],
  ASCII: ['[\\x00-\\x7f]', '[\\x00-\\x7f]'],
  Alpha: ['[a-zA-Z]', '\\p{Alphabetic}'],
  Digit: ['[0-9]', '\\p{Nd}'],
  Alnum: ['[a-zA-Z0-9]', '[\\p{Alphabetic}\\p{Nd}]'],
  Punct: ['[!-\\/:-@\\[-`\\{-~]', '\\p{P}'],
  Graph: ['[!-~]', '[^\\p{White_Space}\\p{Cc}\\p{Cs}\\p{Cn}]'],
  Print: ['[ -~]', '[[^\\p{Cc}\\p{Cs}\\p{Cn}]--[\\t-\\r\\x85\\u2028\\u2029]]'],
  Blank: ['[ \\t]', '[\\p{Zs}\\t]'],
  Cntrl: ['[\\x00-\\x1f\\x7f]', '\\p{Cc}'],
  XDigit: ['[0-9a-fA-F]', '[\\p{Nd}\\p{Hex_Digit}]'],
  Space: ['[ \\t-\\r]', '\\p{White_Space}'],
};

const javaMethods: Readonly<Record<string, string>> = {
  javaLowerCase: '\\p{Lowercase}',
  javaUpperCase: '\\p{Uppercase}',
  javaTitleCase: '\\p{Lt}',
  javaAlphabetic: '\\p{Alphabetic}',
  javaIdeographic: '\\p{Ideographic}',
  javaDigit: '\\p{Nd}',
  javaDefined: '\\P{Cn}',
  javaLetter: '\\p{L}',
  javaLetterOrDigit: '[\\p{L}\\p{Nd}]',
  javaSpaceChar: '\\p{Z}',
  javaWhitespace: '[\\t-\\r\\x1c-\\x1f[\\p{Z}--[\\xa0\\u2007\\u202f]]]',
  javaISOControl: '[\\x00-\\x1f\\x7f-\\x9f]',
};

const binaryProperties: Readonly<Record<string, string>> = {
  ALPHABETIC: '\\p{Alphabetic}',
  LETTER: '\\p{L}',
  IDEOGRAPHIC: '\\p{Ideographic}',
  LOWERCASE: '\\p{Lowercase}',
  UPPERCASE: '\\p{Uppercase}',
  TITLECASE: '\\p{Lt}',
  WHITE_SPACE: '\\p{White_Space}',
  WHITESPACE: '\\p{White_Space}',
  CONTROL: '\\p{Cc}',
  PUNCTUATION: '\\p{P}',
  HEX_DIGIT: '\\p{Hex_Digit}',
  HEXDIGIT: '\\p{Hex_Digit}',
  ASSIGNED: '\\P{Cn}',
  DIGIT: '\\p{Nd}',
  ALNUM: '[\\p{Alphabetic}\\p{Nd}]',
  BLANK: '[\\p{Zs}\\t]',
  WORD: '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]',
};

/** The blocks that people name; JavaScript has none. */
const blocks: Readonly<Record<string, string>> = {
  BASICLATIN: '[\\x00-\\x7f]',
  LATIN1SUPPLEMENT: '[\\x80-\\xff]',
  LATINEXTENDEDA: '[\\u0100-\\u017f]',
  LATINEXTENDEDB: '[\\u0180-\\u024f]',
  GREEK: '[\\u0370-\\u03ff]',
  GREEKANDCOPTIC: '[\\u0370-\\u03ff]',
  CYRILLIC: '[\\u0400-\\u04ff]',
  ARMENIAN: '[\\u0530-\\u058f]',
  HEBREW: '[\\u0590-\\u05ff]',
  ARABIC: '[\\u0600-\\u06ff]',
  DEVANAGARI: '[\\u0900-\\u097f]',
  THAI: '[\\u0e00-\\u0e7f]',
  GENERALPUNCTUATION: '[\\u2000-\\u206f]',
  CURRENCYSYMBOLS: '[\\u20a0-\\u20cf]',
  ARROWS: '[\\u2190-\\u21ff]',
  HIRAGANA: '[\\u3040-\\u309f]',
  KATAKANA: '[\\u30a0-\\u30ff]',
  CJKUNIFIEDIDEOGRAPHS: '[\\u4e00-\\u9fff]',
  HANGULSYLLABLES: '[\\uac00-\\ud7af]',
};

/** The class behind `\p{name}`; null where Java knows none. */
export function namedClass(name: string, isUnicode: boolean): string | null {
  const simple = posix[name];
  if (simple !== undefined) return isUnicode ? simple[1] : simple[0];
  const method = javaMethods[name];
  if (method !== undefined) return method;
  const equals = name.indexOf('=');
  if (equals > 0) {
    const value = name.slice(equals + 1);
    switch (name.slice(0, equals).toLowerCase()) {
      case 'script':
      case 'sc':
        return propertyIfKnown(`Script=${capitalized(value)}`);
      case 'general_category':
      case 'gc':
        return propertyIfKnown(value);
      case 'block':
      case 'blk':
        return blocks[blockKey(value)] ?? null;
      default:
        return null;
    }
  }
  if (name.startsWith('In')) return blocks[blockKey(name.slice(2))] ?? null;
  if (name.startsWith('Is')) {
    const rest = name.slice(2);
    return (
      binaryProperties[rest.toUpperCase()] ?? propertyIfKnown(rest) ?? propertyIfKnown(`Script=${capitalized(rest)}`)
    );
  }
  if (name === 'all') return '[\\s\\S]';
  if (name === 'L1') return '[\\x00-\\xff]';
  if (name === 'LD') return '[\\p{L}\\p{Nd}]';
  // Only general categories go without a prefix.
  return /^(?:L[ultmoC]?|M[nec]?|N[dlo]?|Z[slp]?|C[cfosn]?|P[cdseifo]?|S[mcko]?)$/.test(name)
    ? propertyIfKnown(name)
    : null;
}

/** `\d \w \s \h \v` and their opposites; null for other letters. */
export function letterClass(letter: string, isUnicode: boolean): string | null {
  switch (letter) {
    case 'd':
      return isUnicode ? '\\p{Nd}' : '[0-9]';
    case 'D':
      return isUnicode ? '\\P{Nd}' : '[^0-9]';
    case 'w':
      return isUnicode ? binaryProperties.WORD! : '[a-zA-Z_0-9]';
    case 'W':
      return isUnicode ? `[^${binaryProperties.WORD}]` : '[^a-zA-Z_0-9]';
    case 's':
      return isUnicode ? '\\p{White_Space}' : '[ \\t-\\r]';
    case 'S':
      return isUnicode ? '\\P{White_Space}' : '[^ \\t-\\r]';
    case 'h':
      return '[ \\t\\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000]';
    case 'H':
      return '[^ \\t\\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000]';
    case 'v':
      return '[\\n-\\r\\x85\\u2028\\u2029]';
    case 'V':
      return '[^\\n-\\r\\x85\\u2028\\u2029]';
    default:
      return null;
  }
}

function blockKey(name: string): string {
  return name.replace(/[_\s-]/g, '').toUpperCase();
}

function capitalized(name: string): string {
  return name
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
    .join('_');
}

function propertyIfKnown(property: string): string | null {
  try {
    new RegExp(`\\p{${property}}`, 'v');
    return `\\p{${property}}`;
  } catch {
    return null;
  }
}
