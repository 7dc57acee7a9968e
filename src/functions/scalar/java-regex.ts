import { letterClass, namedClass } from './java-regex-class.ts';
import { findRegex } from './regex-machine.ts';
import { type RegexProgram, regexProgram } from './regex-program.ts';
import { type RegexNode, readRegex } from './regex-syntax.ts';

/**
 * Regular expressions as java.util.regex has them: the pattern is rewritten once for JavaScript's, which runs it where
 * it cannot take long; other patterns run as programs (`regex-program.ts`), in the pipeline all do.
 *
 * Characters are code points; `.` `^` `$` know Java's line ends; `(?i)` folds ASCII unless `(?u)` is set; possessive
 * quantifiers and atomic groups become a lookahead with a capture, so groups are renumbered (`groups`).
 * Not supported: `\N{...}`, and `\G` is only the start.
 */
export class JavaRegex {
  /** The number of Java's group i in the match; `groups[0]` is 0. */
  readonly groups: readonly number[];
  /** Null where the pattern is too large. */
  readonly program: RegexProgram | null;
  /** As JavaScript writes it, with the `v` flag. */
  readonly source: string;
  readonly #regex: RegExp;
  readonly #isQuick: boolean;

  constructor(source: string, groups: readonly number[]) {
    this.groups = groups;
    this.source = source;
    this.#regex = new RegExp(source, 'gv');
    const tree = readRegex(source);
    this.program = regexProgram(tree);
    this.#isQuick = this.program === null ? false : isQuick(tree);
  }

  /** The first match. @throws Error where it would take too long */
  first(text: string): RegexMatch | null {
    for (const match of this.all(text)) return match;
    return null;
  }

  /** All matches from the start. @throws Error where they would take too long */
  *all(text: string): Generator<RegexMatch> {
    if (this.#isQuick) {
      this.#regex.lastIndex = 0;
      yield* text.matchAll(this.#regex);
      return;
    }
    if (this.program === null) throw new Error('the regular expression is too large, or looks too far behind');
    const bytes = Buffer.from(text, 'utf8');
    for (let from = 0; from <= bytes.length; ) {
      const slots = findRegex(this.program, bytes, from);
      if (slots === null) return;
      yield matchOf(bytes, slots);
      const [start = 0, end = 0] = slots;
      from = end > start ? end : end + characterBytes(bytes[end]);
    }
  }
}

/** What a match took: [0] all of it, [n] JavaScript's group n. */
export interface RegexMatch {
  /** In UTF-16 units. */
  readonly index: number;
  readonly [group: number]: string | undefined;
}

function matchOf(bytes: Buffer, slots: Int32Array): RegexMatch {
  const match: { index: number; [group: number]: string | undefined } = {
    index: bytes.toString('utf8', 0, slots[0]).length,
  };
  for (let group = 0; 2 * group + 1 < slots.length; group++) {
    const [start = -1, end = -1] = slots.subarray(2 * group);
    if (start >= 0 && end >= start) match[group] = bytes.toString('utf8', start, end);
  }
  return match;
}

function characterBytes(first: number | undefined): number {
  return first === undefined || first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/**
 * With one repetition without end and few other choices JavaScript's backtracking goes over the text a few times at
 * most. A group within a repetition keeps in Java what an earlier round gave it, and not in JavaScript.
 */
function isQuick(tree: RegexNode): boolean {
  const { loops, ways } = choices(tree);
  return loops <= 1 && ways <= 64 && !capturesInRounds(tree, false);
}

/** Repetitions without end, and the ways through all the rest. */
interface Choices {
  readonly loops: number;
  readonly ways: number;
}

const notQuick: Choices = { loops: 2, ways: 1 };

function choices(node: RegexNode): Choices {
  switch (node.kind) {
    case 'repeat': {
      const body = choices(node.body);
      if (body.loops > 0 || body.ways > 1) return notQuick;
      return node.max === null ? { loops: 1, ways: 1 } : { loops: 0, ways: node.max - node.min + 1 };
    }
    case 'capture':
    case 'atomic':
    case 'look':
      return choices(node.body);
    case 'sequence':
    case 'alternatives': {
      const parts = node.parts.map(choices);
      const loops = parts.reduce((sum, part) => sum + part.loops, 0);
      const isSequence = node.kind === 'sequence';
      return {
        loops,
        ways: parts.reduce((all, { ways }) => (isSequence ? all * ways : all + ways), isSequence ? 1 : 0),
      };
    }
    case 'reference':
      return notQuick;
    default:
      return { loops: 0, ways: 1 };
  }
}

function capturesInRounds(node: RegexNode, isRepeated: boolean): boolean {
  if (node.kind === 'capture' && isRepeated) return true;
  if ('body' in node) return capturesInRounds(node.body, isRepeated || node.kind === 'repeat');
  return 'parts' in node && node.parts.some((part) => capturesInRounds(part, isRepeated));
}

const cache = new Map<string, JavaRegex | null>();
/** A job has few patterns; columns of patterns must not fill the memory. */
const cacheMax = 1000;

/** The compiled pattern; null where Java would refuse it. */
export function compiledRegex(pattern: string): JavaRegex | null {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const compiled = compile(pattern);
  if (cache.size >= cacheMax) cache.clear();
  cache.set(pattern, compiled);
  return compiled;
}

function compile(pattern: string): JavaRegex | null {
  try {
    const translator = new Translator(pattern);
    const source = translator.translate();
    return new JavaRegex(source, translator.groups);
  } catch (error) {
    if (error instanceof Malformed || error instanceof SyntaxError) return null;
    throw error;
  }
}

class Malformed extends Error {}

interface Flags {
  readonly i: boolean;
  readonly d: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly u: boolean;
  readonly x: boolean;
  readonly U: boolean;
}

/** Where an atom starts, with the groups before it. */
interface Place {
  readonly at: number;
  readonly captures: number;
  readonly groupCount: number;
}

const noFlags: Flags = { i: false, d: false, m: false, s: false, u: false, x: false, U: false };

const atStart = '(?<![\\s\\S])';
const atEnd = '(?![\\s\\S])';
const lineEnds = '\\n\\r\\u0085\\u2028\\u2029';
const notInCrLf = '(?!(?<=\\r)\\n)';
/** What `\b` counts as a word: letters and digits of all scripts. */
const word = '[\\p{L}\\p{Nd}_]';

class Translator {
  readonly #text: readonly string[];
  /** Java's group to JavaScript's. */
  readonly groups: number[] = [0];
  readonly #names = new Map<string, number>();
  readonly #groupTotal: number;
  #at = 0;
  #captures = 0;
  #flags: Flags = noFlags;

  constructor(pattern: string) {
    this.#text = Array.from(pattern);
    this.#groupTotal = countGroups(pattern);
  }

  translate(): string {
    const source = this.#alternatives();
    if (this.#at < this.#text.length) throw new Malformed('an unmatched closing parenthesis');
    return source;
  }

  #peek(offset = 0): string | undefined {
    return this.#text[this.#at + offset];
  }

  #take(text: string): boolean {
    for (const [offset, character] of Array.from(text).entries()) {
      if (this.#peek(offset) !== character) return false;
    }
    this.#at += text.length;
    return true;
  }

  #next(): string {
    const character = this.#text[this.#at++];
    if (character === undefined) throw new Malformed('the pattern ends too early');
    return character;
  }

  #alternatives(): string {
    let source = '';
    while (true) {
      source += this.#sequence();
      if (!this.#take('|')) return source;
      source += '|';
    }
  }

  #sequence(): string {
    let source = '';
    while (true) {
      this.#skipComments();
      const character = this.#peek();
      if (character === undefined || character === '|' || character === ')') return source;
      const place: Place = { at: this.#at, captures: this.#captures, groupCount: this.groups.length };
      const atom = this.#atom(character);
      source += atom === null ? '' : this.#quantified(atom, place);
    }
  }

  #skipComments(): void {
    if (!this.#flags.x) return;
    while (true) {
      const character = this.#peek();
      if (character !== undefined && /\s/.test(character)) this.#at++;
      else if (character === '#') {
        while (this.#peek() !== undefined && !/[\n\r]/.test(this.#peek()!)) this.#at++;
      } else return;
    }
  }

  /** One atom; null for a change of flags, which matches nothing. */
  #atom(character: string): string | null {
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        this.#at++;
        return this.#class();
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new Malformed(`a dangling ${character}`);
      case '{':
        throw new Malformed('an illegal repetition');
      case '.':
        this.#at++;
        if (this.#flags.s) return '[\\s\\S]';
        return this.#flags.d ? '[^\\n]' : `[^${lineEnds}]`;
      case '^':
        this.#at++;
        if (!this.#flags.m) return `(?:${atStart})`;
        return this.#flags.d
          ? `(?:${atStart}|(?<=\\n)(?=[\\s\\S]))`
          : `(?:${atStart}|${notInCrLf}(?<=[${lineEnds}])(?=[\\s\\S]))`;
      case '$':
        this.#at++;
        return this.#lineEnd(this.#flags.m);
      default:
        this.#at++;
        return this.#literal(character);
    }
  }

  #lineEnd(isMultiline: boolean): string {
    if (this.#flags.d) return isMultiline ? `(?:(?=\\n)|${atEnd})` : `(?:(?=\\n?${atEnd}))`;
    if (isMultiline) return `(?:${notInCrLf}(?:(?=[${lineEnds}])|${atEnd}))`;
    return `(?:${notInCrLf}(?=(?:\\r\\n|[${lineEnds}])?${atEnd}))`;
  }

  #literal(character: string): string {
    const folded = this.#foldings(character);
    return folded.length === 1 ? escaped(character) : `[${folded.map(escaped).join('')}]`;
  }

  /** The character and its other cases under `(?i)`. */
  #foldings(character: string): string[] {
    if (!this.#flags.i) return [character];
    if (!this.#flags.u && !/[a-zA-Z]/.test(character)) return [character];
    const cases = [character, character.toUpperCase(), character.toLowerCase()];
    return [...new Set(cases)].filter((one) => Array.from(one).length === 1);
  }

  #group(): string | null {
    this.#at++;
    const outer = this.#flags;
    if (!this.#take('?')) return this.#capture(outer);
    for (const [opening, closing] of [
      [':', '(?:'],
      ['=', '(?='],
      ['!', '(?!'],
      ['<=', '(?<='],
      ['<!', '(?<!'],
    ] as const) {
      if (this.#take(opening)) {
        const inner = `${closing}${this.#rest(outer)})`;
        return opening === ':' ? inner : `(?:${inner})`;
      }
    }
    if (this.#take('>')) return this.#atomic(() => this.#rest(outer));
    if (this.#take('<')) {
      let name = '';
      for (let character = this.#next(); character !== '>'; character = this.#next()) name += character;
      if (!/^[a-zA-Z][a-zA-Z0-9]*$/.test(name) || this.#names.has(name)) throw new Malformed('a bad group name');
      this.#names.set(name, this.groups.length);
      return this.#capture(outer);
    }
    return this.#flagGroup(outer);
  }

  #capture(outer: Flags): string {
    this.groups.push(++this.#captures);
    return `(${this.#rest(outer)})`;
  }

  /** The inside of a group up to its end; flags set inside end with it. */
  #rest(outer: Flags): string {
    const source = this.#alternatives();
    if (!this.#take(')')) throw new Malformed('an unclosed group');
    this.#flags = outer;
    return source;
  }

  /** `(?i)` for the rest of the enclosing group, `(?i:...)`. */
  #flagGroup(outer: Flags): string | null {
    const flags: Record<string, boolean> = { ...this.#flags };
    let isOn = true;
    while (true) {
      const character = this.#next();
      if (character === '-' && isOn) isOn = false;
      else if (character === ')' || character === ':') {
        this.#flags = flags as unknown as Flags;
        return character === ')' ? null : `(?:${this.#rest(outer)})`;
      } else if (character in noFlags) {
        flags[character] = isOn;
        // UNICODE_CHARACTER_CLASS brings UNICODE_CASE.
        if (character === 'U' && isOn) flags.u = true;
      } else throw new Malformed('an unknown flag');
    }
  }

  /** What matched is not given back: a lookahead finds it, its capture takes it. */
  #atomic(write: () => string): string {
    const capture = ++this.#captures;
    return `(?:(?=(${write()}))\\${capture})`;
  }

  #quantified(atom: string, place: Place): string {
    this.#skipComments();
    const quantifier = this.#quantifier();
    if (quantifier === '') return atom;
    if (this.#take('?')) return `${atom}${quantifier}?`;
    return this.#take('+') ? this.#possessive(place, quantifier) : `${atom}${quantifier}`;
  }

  #quantifier(): string {
    for (const sign of ['*', '+', '?']) if (this.#take(sign)) return sign;
    if (this.#peek() !== '{') return '';
    const rest = this.#text.slice(this.#at, this.#at + 24).join('');
    const match = /^\{(\d+)(,(\d*))?\}/.exec(rest);
    if (match === null) throw new Malformed('an illegal repetition');
    if (match[3] !== undefined && match[3] !== '' && Number(match[3]) < Number(match[1])) {
      throw new Malformed('an illegal repetition range');
    }
    this.#at += match[0].length;
    return match[0];
  }

  /** As an atomic group. Its capture opens before those inside the atom, so the atom is read again with it counted. */
  #possessive(before: Place, quantifier: string): string {
    const end = this.#at;
    this.#at = before.at;
    this.#captures = before.captures + 1;
    this.groups.length = before.groupCount;
    for (const [name, group] of this.#names) if (group >= before.groupCount) this.#names.delete(name);
    const source = this.#atom(this.#peek() ?? '') ?? '';
    this.#at = end;
    return `(?:(?=(${source}${quantifier}))\\${before.captures + 1})`;
  }

  #escape(): string {
    this.#at++;
    const character = this.#next();
    const named = this.#escapedClass(character);
    if (named !== null) return named;
    switch (character) {
      case 'A':
      case 'G':
        return `(?:${atStart})`;
      case 'z':
        return `(?:${atEnd})`;
      case 'Z':
        return this.#lineEnd(false);
      case 'b':
        return `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
      case 'B':
        return `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`;
      case 'R':
        return '(?:\\r\\n|[\\n-\\r\\u0085\\u2028\\u2029])';
      case 'X':
        return '(?:\\r\\n|\\P{M}\\p{M}*|\\p{M}+)';
      case 'Q':
        return this.#quoted();
      case 'k':
        return this.#namedReference();
      default:
        if (/[1-9]/.test(character)) return this.#reference(character);
        return this.#literal(this.#escapedCharacter(character));
    }
  }

  /** `\Q...\E`; a quantifier behind takes the last character. */
  #quoted(): string {
    const characters: string[] = [];
    while (this.#at < this.#text.length && !this.#take('\\E')) characters.push(this.#literal(this.#next()));
    const last = characters.pop();
    if (last === undefined) return '(?:)';
    const quantifier = this.#quantifier();
    return `${characters.join('')}${last}${quantifier}${quantifier !== '' && this.#take('?') ? '?' : ''}`;
  }

  #namedReference(): string {
    if (!this.#take('<')) throw new Malformed('a bad reference');
    let name = '';
    for (let character = this.#next(); character !== '>'; character = this.#next()) name += character;
    const group = this.#names.get(name);
    if (group === undefined) throw new Malformed('a reference to an unknown group');
    return `(?:\\${this.groups[group]})`;
  }

  /** Digits are taken while a group of that number exists. */
  #reference(first: string): string {
    let group = Number(first);
    while (/^[0-9]$/.test(this.#peek() ?? '') && group * 10 + Number(this.#peek()) <= this.#groupTotal) {
      group = group * 10 + Number(this.#next());
    }
    const capture = this.groups[group];
    return capture === undefined ? '(?!)' : `(?:\\${capture})`;
  }

  /** `\d`, `\p{L}`, `\PL`; null for other escapes. */
  #escapedClass(character: string): string | null {
    if (character !== 'p' && character !== 'P') return letterClass(character, this.#flags.U);
    let name = this.#next();
    if (name === '{') {
      name = '';
      for (let next = this.#next(); next !== '}'; next = this.#next()) name += next;
    }
    let found = namedClass(name, this.#flags.U);
    if (found === null) throw new Malformed(`an unknown class ${name}`);
    if (this.#flags.i && /^\[(a-z|A-Z)\]$|^\\p\{L[ult]\}$|^\\p\{(Upper|Lower)case\}$/.test(found)) {
      found = this.#flags.u || found.startsWith('\\') ? '[\\p{Lu}\\p{Ll}\\p{Lt}]' : '[a-zA-Z]';
    }
    return character === 'p' ? found : `[^${found}]`;
  }

  /** A character by its code: `\x41`, `\u0041`, `\07`, `\t`, `\cA`; a letter without a meaning is refused. */
  #escapedCharacter(character: string): string {
    switch (character) {
      case 't':
        return '\t';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 'f':
        return '\f';
      case 'a':
        return '\x07';
      case 'e':
        return '\x1b';
      case 'c':
        return String.fromCodePoint((this.#next().codePointAt(0) ?? 0) ^ 64);
      case 'x':
        return this.#peek() === '{' ? this.#bracedCode() : String.fromCodePoint(this.#code(2));
      case 'u': {
        const unit = this.#code(4);
        if (unit >= 0xd800 && unit < 0xdc00 && this.#peek() === '\\' && this.#peek(1) === 'u') {
          this.#at += 2;
          return String.fromCharCode(unit, this.#code(4));
        }
        return String.fromCharCode(unit);
      }
      case '0': {
        const match = /^(?:[0-3][0-7]{2}|[0-7]{1,2})/.exec(this.#text.slice(this.#at, this.#at + 3).join(''));
        if (match === null) throw new Malformed('an illegal octal escape');
        this.#at += match[0].length;
        return String.fromCharCode(Number.parseInt(match[0], 8));
      }
      default:
        if (/[a-zA-Z]/.test(character)) throw new Malformed(`an unknown escape \\${character}`);
        return character;
    }
  }

  #bracedCode(): string {
    this.#at++;
    let digits = '';
    for (let next = this.#next(); next !== '}'; next = this.#next()) digits += next;
    const code = /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
    if (!(code <= 0x10ffff)) throw new Malformed('an illegal code point');
    return String.fromCodePoint(code);
  }

  #code(count: number): number {
    const digits = this.#text.slice(this.#at, this.#at + count).join('');
    if (digits.length !== count || !/^[0-9a-fA-F]+$/.test(digits)) throw new Malformed('an illegal code');
    this.#at += count;
    return Number.parseInt(digits, 16);
  }

  /** The inside of `[...]`, with unions and intersections. */
  #class(): string {
    const isNegated = this.#take('^');
    const operands: string[] = [];
    let union = '';
    let isFirst = true;
    while (true) {
      if (this.#flags.x) while (/^\s$/.test(this.#peek() ?? '')) this.#at++;
      if (this.#take('&&')) {
        operands.push(union);
        union = '';
        continue;
      }
      const character = this.#next();
      if (character === ']' && !isFirst) break;
      isFirst = false;
      if (character === '[') union += this.#class();
      else union += this.#classItem(character);
    }
    operands.push(union);
    const sets = operands.filter((operand) => operand !== '');
    const body = sets.length === 1 ? sets[0] : sets.map((operand) => `[${operand}]`).join('&&');
    return `[${isNegated ? '^' : ''}${body}]`;
  }

  /** One character, a range or a named class. */
  #classItem(character: string): string {
    const low = this.#classCharacter(character);
    if (low.named !== null) return low.named;
    const isRange =
      this.#peek() === '-' && this.#peek(1) !== ']' && this.#peek(1) !== '[' && this.#peek(1) !== undefined;
    if (!isRange) return low.characters.map((one) => this.#foldings(one).map(escaped).join('')).join('');
    this.#at++;
    const high = this.#classCharacter(this.#next());
    const from = low.characters.at(-1)!;
    if (high.named !== null) return `${escaped(from)}\\-${high.named}`;
    const to = high.characters[0]!;
    if (from.codePointAt(0)! > to.codePointAt(0)!) throw new Malformed('an illegal range');
    return this.#range(from.codePointAt(0)!, to.codePointAt(0)!);
  }

  #classCharacter(character: string): { readonly named: string | null; readonly characters: readonly string[] } {
    if (character !== '\\') return { named: null, characters: [character] };
    const next = this.#next();
    if (next === 'Q') {
      const characters: string[] = [];
      while (this.#at < this.#text.length && !this.#take('\\E')) characters.push(this.#next());
      return characters.length === 0 ? { named: '', characters } : { named: null, characters };
    }
    const named = this.#escapedClass(next);
    return named === null ? { named, characters: [this.#escapedCharacter(next)] } : { named, characters: [] };
  }

  /** A range with its other cases under `(?i)`. */
  #range(from: number, to: number): string {
    const range = `${escaped(String.fromCodePoint(from))}-${escaped(String.fromCodePoint(to))}`;
    if (!this.#flags.i) return range;
    const last = this.#flags.u ? Math.min(to, from + 2000) : Math.min(to, 0x7a);
    let others = '';
    for (let code = from; code <= last; code++) {
      const character = String.fromCodePoint(code);
      for (const one of this.#foldings(character)) if (one !== character) others += escaped(one);
    }
    return range + others;
  }
}

/** A character as itself, inside and outside of a class. */
function escaped(character: string): string {
  return /[a-zA-Z0-9 ]/.test(character) ? character : `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

/** Opening parentheses that capture, counted without a look at classes and quotes: it bounds back references only. */
function countGroups(pattern: string): number {
  return (pattern.replace(/\\./g, '').match(/\((?!\?)|\(\?<(?![=!])/g) ?? []).length;
}
