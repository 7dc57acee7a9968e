/** A regular expression as a tree: what `java-regex.ts` writes, read back. */
export type RegexNode =
  | { readonly kind: 'empty' | 'never' }
  | { readonly kind: 'character'; readonly code: number }
  /** `[a-z]`, `\p{L}`: a class of JavaScript (`v` flag). */
  | { readonly kind: 'class'; readonly source: string }
  | { readonly kind: 'sequence' | 'alternatives'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'capture'; readonly index: number; readonly body: RegexNode }
  | {
      readonly kind: 'repeat';
      readonly body: RegexNode;
      readonly min: number;
      /** Null for no end. */
      readonly max: number | null;
      readonly isGreedy: boolean;
    }
  | { readonly kind: 'look'; readonly body: RegexNode; readonly isAhead: boolean; readonly isNegated: boolean }
  /** What matched is not given back: `(?:(?=(...))\1)`. */
  | { readonly kind: 'atomic'; readonly body: RegexNode }
  | { readonly kind: 'reference'; readonly index: number };

/** Reads a pattern of JavaScript with the `v` flag, as far as `java-regex.ts` writes them. */
export function readRegex(source: string): RegexNode {
  const reader = new Reader(source);
  return reader.read();
}

class Reader {
  readonly #text: string;
  #at = 0;
  #captures = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): RegexNode {
    const node = this.#alternatives();
    if (this.#at < this.#text.length) throw new Error(`a regular expression that ends at ${this.#at}: ${this.#text}`);
    return node;
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #alternatives(): RegexNode {
    const parts: RegexNode[] = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    return parts.length === 1 ? parts[0]! : { kind: 'alternatives', parts };
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = [];
    while (this.#at < this.#text.length && !'|)'.includes(this.#text[this.#at]!)) parts.push(this.#repeated());
    if (parts.length === 0) return { kind: 'empty' };
    const [look, reference] = parts;
    // An atomic group is a lookahead whose capture is taken at once.
    const isAtomic =
      parts.length === 2 &&
      look?.kind === 'look' &&
      look.body.kind === 'capture' &&
      reference?.kind === 'reference' &&
      reference.index === look.body.index;
    if (isAtomic && look.body.kind === 'capture') return { kind: 'atomic', body: look.body.body };
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  }

  #repeated(): RegexNode {
    let body = this.#atom();
    while (true) {
      const match = /^(?:[*+?]|\{(\d+)(,(\d*))?\})/.exec(this.#text.slice(this.#at, this.#at + 24));
      if (match === null) return body;
      this.#at += match[0].length;
      const [sign, from, comma, to] = match;
      const min = from === undefined ? (sign === '+' ? 1 : 0) : Number(from);
      const most = comma === undefined ? min : to === '' ? null : Number(to);
      const max = from === undefined ? (sign === '?' ? 1 : null) : most;
      body = { kind: 'repeat', body, min, max, isGreedy: !this.#take('?') };
    }
  }

  #atom(): RegexNode {
    if (this.#take('(?:')) return this.#closed(this.#alternatives());
    for (const [opening, isAhead, isNegated] of [
      ['(?=', true, false],
      ['(?!', true, true],
      ['(?<=', false, false],
      ['(?<!', false, true],
    ] as const) {
      if (this.#take(opening)) {
        const body = this.#closed(this.#alternatives());
        if (body.kind === 'empty' && isNegated) return { kind: 'never' };
        return { kind: 'look', body, isAhead, isNegated };
      }
    }
    if (this.#take('(')) {
      const index = ++this.#captures;
      return { kind: 'capture', index, body: this.#closed(this.#alternatives()) };
    }
    if (this.#text[this.#at] === '[') return { kind: 'class', source: this.#class() };
    if (this.#text[this.#at] === '\\') return this.#escape();
    const code = this.#text.codePointAt(this.#at)!;
    this.#at += code > 0xffff ? 2 : 1;
    return { kind: 'character', code };
  }

  #closed(node: RegexNode): RegexNode {
    if (!this.#take(')')) throw new Error(`a regular expression without its ): ${this.#text}`);
    return node;
  }

  #class(): string {
    const start = this.#at;
    let depth = 0;
    do {
      const character = this.#text[this.#at++];
      if (character === '\\') this.#at++;
      else if (character === '[') depth++;
      else if (character === ']') depth--;
    } while (depth > 0);
    return this.#text.slice(start, this.#at);
  }

  #escape(): RegexNode {
    const rest = this.#text.slice(this.#at);
    const named = /^\\(?:[pP]\{[^}]*\}|[dDsSwW])/.exec(rest);
    if (named !== null) {
      this.#at += named[0].length;
      return { kind: 'class', source: named[0] };
    }
    const code = /^\\(?:u\{([0-9a-f]+)\}|u([0-9a-f]{4})|x([0-9a-f]{2}))/i.exec(rest);
    if (code !== null) {
      this.#at += code[0].length;
      return { kind: 'character', code: Number.parseInt(code[1] ?? code[2] ?? code[3] ?? '', 16) };
    }
    const reference = /^\\([1-9]\d*)/.exec(rest);
    if (reference !== null) {
      this.#at += reference[0].length;
      return { kind: 'reference', index: Number(reference[1]) };
    }
    const letter = rest[1]!;
    this.#at += 2;
    const control: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v' };
    return { kind: 'character', code: (control[letter] ?? letter).codePointAt(0)! };
  }
}
