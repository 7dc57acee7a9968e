/** A pattern of letters for dates and times, as java.time.format.DateTimeFormatter has them. */
export type PatternToken =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly letter: string; readonly count: number }
  /** `p`: pads the next field with blanks. */
  | { readonly kind: 'pad'; readonly width: number; readonly token: PatternToken }
  /** `[...]` */
  | { readonly kind: 'optional'; readonly tokens: readonly PatternToken[] };

/** The highest count of each letter; 0 stands for any. */
const countMax: Readonly<Record<string, number>> = {
  G: 5,
  u: 0,
  y: 0,
  Y: 0,
  Q: 5,
  q: 5,
  M: 5,
  L: 5,
  w: 2,
  W: 1,
  D: 3,
  d: 2,
  F: 1,
  E: 5,
  e: 5,
  c: 5,
  a: 1,
  h: 2,
  H: 2,
  k: 2,
  K: 2,
  m: 2,
  s: 2,
  S: 9,
  A: 0,
  n: 0,
  N: 0,
  V: 2,
  z: 4,
  O: 4,
  X: 5,
  x: 5,
  Z: 5,
};

const cache = new Map<string, readonly PatternToken[] | Error>();
const cacheMax = 1000;

/** The tokens of a pattern. @throws Error for a malformed one, with Java's words */
export function datePattern(pattern: string): readonly PatternToken[] {
  let tokens = cache.get(pattern);
  if (tokens === undefined) {
    try {
      tokens = new PatternReader(pattern).read();
    } catch (error) {
      tokens = error as Error;
    }
    if (cache.size >= cacheMax) cache.clear();
    cache.set(pattern, tokens);
  }
  if (tokens instanceof Error) throw new Error(tokens.message);
  return tokens;
}

class PatternReader {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  read(): readonly PatternToken[] {
    const tokens = this.#sequence(false);
    if (this.#at < this.#pattern.length) throw new Error('Pattern invalid as it contains ] without previous [');
    return tokens;
  }

  #sequence(isOptional: boolean): PatternToken[] {
    const tokens: PatternToken[] = [];
    while (this.#at < this.#pattern.length) {
      if (this.#pattern[this.#at] === ']') {
        if (isOptional) this.#at++;
        return tokens;
      }
      const token = this.#token();
      const last = tokens.at(-1);
      // One token for text that stands together, so that no character is cut.
      if (token.kind === 'text' && last?.kind === 'text') {
        tokens[tokens.length - 1] = { kind: 'text', text: last.text + token.text };
      } else tokens.push(token);
    }
    return tokens;
  }

  #token(): PatternToken {
    const character = this.#pattern[this.#at] as string;
    if (/[A-Za-z]/.test(character)) return this.#field(character);
    this.#at++;
    if (character === "'") return { kind: 'text', text: this.#quoted() };
    if (character === '[') return { kind: 'optional', tokens: this.#sequence(true) };
    if (character === '{' || character === '}' || character === '#') {
      throw new Error(`Pattern includes reserved character: '${character}'`);
    }
    return { kind: 'text', text: character };
  }

  #field(letter: string): PatternToken {
    const start = this.#at;
    while (this.#pattern[this.#at] === letter) this.#at++;
    const count = this.#at - start;
    if (letter === 'p') {
      const next = this.#pattern[this.#at];
      if (next === undefined || !/[A-Za-z]/.test(next)) {
        throw new Error(`Pad letter 'p' must be followed by valid pad pattern: ${this.#pattern}`);
      }
      return { kind: 'pad', width: count, token: this.#field(next) };
    }
    const most = countMax[letter];
    if (most === undefined) throw new Error(`Unknown pattern letter: ${letter}`);
    if (most > 0 && count > most) throw new Error(`Too many pattern letters: ${letter}`);
    if (letter === 'V' && count !== 2) throw new Error(`Pattern letter count must be 2: ${letter}`);
    return { kind: 'field', letter, count };
  }

  #quoted(): string {
    let text = '';
    while (this.#at < this.#pattern.length) {
      const character = this.#pattern[this.#at++] as string;
      if (character !== "'") text += character;
      else if (this.#pattern[this.#at] === "'") {
        text += "'";
        this.#at++;
      } else return text === '' ? "'" : text;
    }
    throw new Error(`Pattern ends with an incomplete string literal: ${this.#pattern}`);
  }
}
