/**
 * JSON as Jackson reads and writes it: a number keeps its digits (`1.50`), a value is read from the text's start and what
 * follows it is not looked at, members are written sorted by name.
 */
export type Json = string | boolean | null | JsonNumber | readonly Json[] | ReadonlyMap<string, Json>;

/** A number as java.math.BigDecimal prints it; an integer as it is. */
export interface JsonNumber {
  readonly number: string;
}

export function isJsonNumber(value: Json): value is JsonNumber {
  return typeof value === 'object' && value !== null && 'number' in value;
}

export function isJsonArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

export function isJsonObject(value: Json): value is ReadonlyMap<string, Json> {
  return value instanceof Map;
}

export function isScalar(value: Json): boolean {
  return !isJsonArray(value) && !isJsonObject(value);
}

/** Deeper than this Jackson gives up too. */
const depthMax = 1000;

/** What makes a text no JSON. */
export class JsonError extends Error {}

/** @throws JsonError */
export function parseJson(text: string, options: { readonly duplicates?: 'last' | 'refuse' } = {}): Json {
  return new JsonReader(text, options.duplicates === 'refuse').read();
}

/** The value, or undefined where the text is no JSON. */
export function tryParseJson(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

const whitespace = /[ \t\n\r]*/y;
const numberForm = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

class JsonReader {
  readonly #text: string;
  readonly #refusesDuplicates: boolean;
  #at = 0;

  constructor(text: string, refusesDuplicates: boolean) {
    this.#text = text;
    this.#refusesDuplicates = refusesDuplicates;
  }

  read(): Json {
    const value = this.#value(0);
    const next = this.#text[this.#at];
    // A bare number or word must end there.
    if (next !== undefined && !/[ \t\n\r]/.test(next) && isScalar(value) && typeof value !== 'string') {
      throw this.#unexpected();
    }
    return value;
  }

  #skip(): void {
    whitespace.lastIndex = this.#at;
    whitespace.exec(this.#text);
    this.#at = whitespace.lastIndex;
  }

  #unexpected(): JsonError {
    const found = this.#text[this.#at];
    return new JsonError(
      found === undefined
        ? `the JSON text ends too early, at character ${this.#at + 1}`
        : `${JSON.stringify(found)} is unexpected in JSON at character ${this.#at + 1}`,
    );
  }

  #value(depth: number): Json {
    if (depth > depthMax) throw new JsonError(`JSON nested deeper than ${depthMax} levels`);
    this.#skip();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #word<T extends Json>(word: string, value: T): T {
    const end = this.#at + word.length;
    if (!this.#text.startsWith(word, this.#at) || /[A-Za-z0-9_$]/.test(this.#text[end] ?? '')) throw this.#unexpected();
    this.#at = end;
    return value;
  }

  #number(): JsonNumber {
    numberForm.lastIndex = this.#at;
    const match = numberForm.exec(this.#text);
    if (match === null || /[A-Za-z0-9_.]/.test(this.#text[numberForm.lastIndex] ?? '')) throw this.#unexpected();
    this.#at = numberForm.lastIndex;
    return { number: decimalText(match[0]) };
  }

  #array(depth: number): Json[] {
    this.#at++;
    const items: Json[] = [];
    this.#skip();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return items;
    }
    while (true) {
      items.push(this.#value(depth + 1));
      if (this.#separator(']')) return items;
    }
  }

  #object(depth: number): Map<string, Json> {
    this.#at++;
    const members = new Map<string, Json>();
    this.#skip();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return members;
    }
    while (true) {
      this.#skip();
      if (this.#text[this.#at] !== '"') throw this.#unexpected();
      const name = this.#string();
      this.#skip();
      if (this.#text[this.#at] !== ':') throw this.#unexpected();
      this.#at++;
      if (this.#refusesDuplicates && members.has(name))
        throw new JsonError(`the member ${JSON.stringify(name)} comes twice`);
      members.set(name, this.#value(depth + 1));
      if (this.#separator('}')) return members;
    }
  }

  /** True at the end of the array or object. */
  #separator(end: string): boolean {
    this.#skip();
    const character = this.#text[this.#at];
    if (character !== ',' && character !== end) throw this.#unexpected();
    this.#at++;
    return character === end;
  }

  #string(): string {
    const start = this.#at++;
    while (true) {
      const code = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(code) || code < 0x20) throw this.#unexpected();
      if (code === 0x22) break;
      this.#at += code === 0x5c ? 2 : 1;
    }
    this.#at++;
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as string;
    } catch {
      this.#at = start;
      throw this.#unexpected();
    }
  }
}

/** A number's text as java.math.BigDecimal prints it: `1e3` is 1E+3, `0.00000001` is 1E-8. */
export function decimalText(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction, exponent] = match;
  const unscaled = BigInt(whole + (fraction ?? '')).toString();
  // -0 is 0.
  const minus = unscaled === '0' ? '' : sign;
  if (fraction === undefined && exponent === undefined) return minus + unscaled;
  const scale = (fraction ?? '').length - Number(exponent ?? 0);
  const adjusted = unscaled.length - 1 - scale;
  if (scale === 0) return minus + unscaled;
  if (scale > 0 && adjusted >= -6) {
    const digits = unscaled.padStart(scale + 1, '0');
    return `${minus}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  }
  const mantissa = unscaled.length > 1 ? `${unscaled[0]}.${unscaled.slice(1)}` : unscaled;
  return `${minus}${mantissa}${adjusted === 0 ? '' : `E${adjusted < 0 ? '' : '+'}${adjusted}`}`;
}

/** Compact, members sorted by name. */
export function writeJson(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quoteJson(value);
  if (isJsonArray(value)) return `[${value.map(writeJson).join(',')}]`;
  if (isJsonNumber(value)) return value.number;
  const members = [...value.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([name, member]) => `${quoteJson(name)}:${writeJson(member)}`).join(',')}}`;
}

/** In quotes; only what must be escaped is. */
export function quoteJson(text: string): string {
  return JSON.stringify(text);
}
